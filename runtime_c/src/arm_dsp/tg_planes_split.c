/* See tg_planes_split.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_planes_split.h"
#include "tg_assembly.h"

#if TG_ASSEMBLY
#include "tg_slots.h"

#define LINES "0"
#define PARTS "1"       /* bit 0: a pair beyond the even number, bit 1: a head */
#define PAIRS_BYTES "2" /* of the words of an even number of pairs */
#define TAIL "3"
#define PADDING "4"
#define FROM_SKIP "5" /* from the end of a line to the next one */
#define TO_SKIP "6"

/* Four columns, which are 16 values, in 31 cycles; 20 for each line. */
TG_NAKED void tg_planes_split_dsp(const struct tg_planes_split *task __attribute__((unused)))
{
    __asm__ volatile(
        ".syntax unified\n"
        "push {r4-r11, lr}\n" TG_SLOTS_MACROS TG_SLOTS_RESERVE
        "from .req r0\n to .req r1\n end .req r2\n step .req r3\n upper .req r12\n step3 .req lr\n"
        "pixel0 .req r4\n pixel1 .req r5\n pixel2 .req r6\n pixel3 .req r7\n"

        /* the columns a, b become the word at `offset` in every plane */
        ".macro split a, b, offset\n"
        "pkhbt r10, \\a, \\b, lsl #16\n"
        "pkhtb r11, \\b, \\a, asr #16\n"
        "and r8, upper, r10, lsl #8\n"
        "and r9, upper, r11, lsl #8\n"
        "and r10, upper, r10\n"
        "and r11, upper, r11\n"
        "str r8, [to, #\\offset]\n"
        "str r10, [to, #36 + \\offset]\n"
        "str r9, [to, #72 + \\offset]\n"
        "str r11, [to, #108 + \\offset]\n"
        ".endm\n"

        /* the task; words and columns of a line */
        "ldr r4, [r0, #8]\n"
        "ldr r5, [r0, #12]\n"
        "ldr r6, [r0, #20]\n"
        "ldr r7, [r0, #24]\n"
        "ldr r8, [r0, #28]\n"
        "ldr r9, [r0, #32]\n"
        "ldr r1, [r0, #4]\n"
        "ldr r3, [r0, #16]\n"
        "ldr r0, [r0]\n"
        "keep " LINES ", r4\n"
        "keep " TAIL ", r8\n"
        "keep " PADDING ", r9\n"
        "and r9, r7, #1\n"
        "orr r10, r9, r6, lsl #1\n"
        "keep " PARTS ", r10\n"
        "sub r9, r7, r9\n"
        "lsl r9, r9, #2\n"
        "keep " PAIRS_BYTES ", r9\n"
        "add r9, r6, r8\n"
        "add r10, r9, r7\n"
        "rsb r10, r10, #36\n"
        "lsl r10, r10, #2\n"
        "keep " TO_SKIP ", r10\n"
        "add r9, r9, r7, lsl #1\n"
        "mls r9, r9, step, r5\n"
        "keep " FROM_SKIP ", r9\n"
        "mov upper, #0xFF00FF00\n"
        "add step3, step, step, lsl #1\n"

        "1: recall r4, " PARTS "\n"
        "recall end, " PAIRS_BYTES "\n"
        "lsls r4, r4, #31\n" /* the carry is bit 1 */
        "bcc 2f\n"
        "recall pixel0, " PADDING "\n"
        "ldr pixel1, [from]\n"
        "add from, from, step\n"
        "split pixel0, pixel1, 0\n"
        "add to, to, #4\n"
        "2: beq 3f\n"
        "ldr pixel0, [from]\n"
        "ldr pixel1, [from, step]\n"
        "add from, from, step, lsl #1\n"
        "split pixel0, pixel1, 0\n"
        "add to, to, #4\n"
        "3: cbz end, 5f\n"
        "add end, end, to\n"
        "4: ldr pixel0, [from]\n"
        "ldr pixel1, [from, step]\n"
        "ldr pixel2, [from, step, lsl #1]\n"
        "ldr pixel3, [from, step3]\n"
        "add from, from, step, lsl #2\n"
        "split pixel0, pixel1, 0\n"
        "split pixel2, pixel3, 4\n"
        "add to, to, #8\n"
        "cmp to, end\n"
        "bne 4b\n"
        "5: recall r7, " TAIL "\n"
        "recall r4, " LINES "\n"
        "recall r5, " FROM_SKIP "\n"
        "recall r6, " TO_SKIP "\n"
        "cbz r7, 6f\n"
        "ldr r8, [from]\n"
        "recall r9, " PADDING "\n"
        "add from, from, step\n"
        "split r8, r9, 0\n"
        "add to, to, #4\n"
        "6: subs r4, r4, #1\n"
        "add from, from, r5\n"
        "add to, to, r6\n"
        "keep " LINES ", r4\n"
        "bne 1b\n" TG_SLOTS_RELEASE
        "pop {r4-r11, pc}\n"

        ".unreq from\n .unreq to\n .unreq end\n .unreq step\n .unreq upper\n .unreq step3\n"
        ".unreq pixel0\n .unreq pixel1\n .unreq pixel2\n .unreq pixel3\n"
        ".purgem split\n" TG_SLOTS_END);
}

#else
#include "tg_simd.h"

/* Two columns: a word in every plane. */
TG_INLINE void split(uint32_t a, uint32_t b, uint32_t *to)
{
    const uint32_t low = tg_pkhbt_lsl16(a, b);
    const uint32_t high = tg_pkhtb_asr16(b, a);

    to[0] = low << 8 & 0xFF00FF00u;
    to[TG_PLANE_WORDS] = low & 0xFF00FF00u;
    to[2 * TG_PLANE_WORDS] = high << 8 & 0xFF00FF00u;
    to[3 * TG_PLANE_WORDS] = high & 0xFF00FF00u;
}

static void split_line(const struct tg_planes_split *task, const int8_t *from, uint32_t *to)
{
    if (task->head) {
        split(task->padding, tg_load_quad(from), to++);
        from += task->channels;
    }
    for (int32_t i = 0; i < task->pairs; i++) {
        split(tg_load_quad(from), tg_load_quad(from + task->channels), to++);
        from += 2 * task->channels;
    }
    if (task->tail) {
        split(tg_load_quad(from), task->padding, to);
    }
}

TG_KERNEL void tg_planes_split_dsp(const struct tg_planes_split *task)
{
    for (int32_t i = 0; i < task->lines; i++) {
        split_line(task, task->from + i * task->row_bytes, task->to + i * TG_PLANES_LINE_WORDS);
    }
}

#endif
