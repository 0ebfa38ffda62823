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

/* Four columns, which are 16 values, in 30 cycles; 23 for each line. */
TG_KERNEL TG_NAKED void tg_planes_split_dsp(const struct tg_planes_split *task __attribute__((unused)))
{
    __asm__ volatile(
        ".syntax unified\n"
        "push {r4-r11, lr}\n" TG_SLOTS_MACROS TG_SLOTS_RESERVE
        "from .req r0\n step .req r1\n step3 .req r2\n end .req r7\n upper .req r8\n"
        "to0 .req r3\n to1 .req r4\n to2 .req r5\n to3 .req r6\n"
        "pixel0 .req r9\n pixel1 .req r10\n pixel2 .req r11\n pixel3 .req r12\n other .req lr\n"

        /* the columns a, b become the next word of every plane */
        ".macro split a, b\n"
        "pkhbt other, \\a, \\b, lsl #16\n"
        "pkhtb \\b, \\b, \\a, asr #16\n"
        "and \\a, upper, other, lsl #8\n"
        "and other, upper, other\n"
        "str \\a, [to0], #4\n"
        "str other, [to1], #4\n"
        "and \\a, upper, \\b, lsl #8\n"
        "and \\b, upper, \\b\n"
        "str \\a, [to2], #4\n"
        "str \\b, [to3], #4\n"
        ".endm\n"

        ".macro four_columns\n"
        "ldr pixel0, [from]\n"
        "ldr pixel1, [from, step]\n"
        "ldr pixel2, [from, step, lsl #1]\n"
        "ldr pixel3, [from, step3]\n"
        "add from, from, step, lsl #2\n"
        "split pixel0, pixel1\n"
        "split pixel2, pixel3\n"
        ".endm\n"

        /* the task; words and columns of a line */
        "ldr to0, [r0, #4]\n"
        "ldr to1, [r0, #8]\n"
        "ldr to2, [r0, #12]\n"
        "ldr r7, [r0, #16]\n"  /* lines */
        "ldr r8, [r0, #20]\n"  /* bytes of a row */
        "ldr step, [r0, #24]\n"
        "ldr r9, [r0, #28]\n"  /* head */
        "ldr r10, [r0, #32]\n" /* pairs */
        "ldr r11, [r0, #36]\n" /* tail */
        "ldr r12, [r0, #40]\n"
        "ldr from, [r0]\n"
        "add to1, to1, to0\n"
        "add to3, to1, to2\n"
        "add to2, to2, to0\n"
        "keep " LINES ", r7\n"
        "keep " TAIL ", r11\n"
        "keep " PADDING ", r12\n"
        "add r11, r11, r9\n"
        "add r12, r11, r10\n"
        "rsb r12, r12, #32\n"
        "lsl r12, r12, #2\n"
        "keep " TO_SKIP ", r12\n"
        "add r11, r11, r10, lsl #1\n"
        "mls r11, r11, step, r8\n"
        "keep " FROM_SKIP ", r11\n"
        "and r11, r10, #1\n"
        "orr r9, r11, r9, lsl #1\n"
        "keep " PARTS ", r9\n"
        "sub r10, r10, r11\n"
        "lsl r10, r10, #2\n"
        "keep " PAIRS_BYTES ", r10\n"
        "mov upper, #0xFF00FF00\n"
        "add step3, step, step, lsl #1\n"

        "1: recall end, " PARTS "\n"
        "cbz end, 3f\n"
        "lsls end, end, #31\n" /* the carry is bit 1 */
        "bcc 2f\n"
        "recall pixel0, " PADDING "\n"
        "ldr pixel1, [from]\n"
        "add from, from, step\n"
        "split pixel0, pixel1\n"
        "2: beq 3f\n"
        "ldr pixel0, [from]\n"
        "ldr pixel1, [from, step]\n"
        "add from, from, step, lsl #1\n"
        "split pixel0, pixel1\n"
        "3: recall end, " PAIRS_BYTES "\n"
        "cmp end, #8\n"
        "add end, end, to0\n"
        "beq 5f\n"
        "blt 6f\n"
        "4: four_columns\n"
        "four_columns\n"
        "sub pixel0, end, to0\n"
        "cmp pixel0, #8\n"
        "bgt 4b\n"
        "blt 6f\n"
        "5: four_columns\n"
        "6: recall end, " TAIL "\n"
        "recall pixel2, " TO_SKIP "\n"
        "recall pixel3, " FROM_SKIP "\n"
        "cbz end, 7f\n"
        "ldr pixel0, [from]\n"
        "recall pixel1, " PADDING "\n"
        "add from, from, step\n"
        "split pixel0, pixel1\n"
        "7: recall end, " LINES "\n"
        "add to0, to0, pixel2\n"
        "add to1, to1, pixel2\n"
        "add to2, to2, pixel2\n"
        "add to3, to3, pixel2\n"
        "add from, from, pixel3\n"
        "subs end, end, #1\n"
        "keep " LINES ", end\n"
        "bne 1b\n" TG_SLOTS_RELEASE
        "pop {r4-r11, pc}\n"

        ".unreq from\n .unreq step\n .unreq step3\n .unreq end\n .unreq upper\n"
        ".unreq to0\n .unreq to1\n .unreq to2\n .unreq to3\n"
        ".unreq pixel0\n .unreq pixel1\n .unreq pixel2\n .unreq pixel3\n .unreq other\n"
        ".purgem split\n .purgem four_columns\n" TG_SLOTS_END);
}

/* A line in 76 cycles. */
TG_KERNEL TG_NAKED void tg_planes_move_dsp(uint32_t *to __attribute__((unused)), const uint32_t *from __attribute__((unused)),
                                 int32_t lines __attribute__((unused)))
{
    __asm__ volatile(
        ".syntax unified\n"
        "push {r4-r10, lr}\n"
        "1: .rept 4\n"
        "ldm r1!, {r3-r10}\n"
        "stm r0!, {r3-r10}\n"
        ".endr\n"
        "subs r2, r2, #1\n"
        "bne 1b\n"
        "pop {r4-r10, pc}\n");
}

#else
#include "tg_simd.h"

/* Two columns: a word in every plane. */
TG_INLINE void split(const struct tg_planes_split *task, uint32_t a, uint32_t b, uint32_t *to)
{
    const int32_t plane_1 = task->plane_1 / (int32_t)sizeof *to;
    const int32_t plane_2 = task->plane_2 / (int32_t)sizeof *to;
    const uint32_t low = tg_pkhbt_lsl16(a, b);
    const uint32_t high = tg_pkhtb_asr16(b, a);

    to[0] = low << 8 & 0xFF00FF00u;
    to[plane_1] = low & 0xFF00FF00u;
    to[plane_2] = high << 8 & 0xFF00FF00u;
    to[plane_1 + plane_2] = high & 0xFF00FF00u;
}

static void split_line(const struct tg_planes_split *task, const int8_t *from, uint32_t *to)
{
    if (task->head) {
        split(task, task->padding, tg_load_quad(from), to++);
        from += task->channels;
    }
    for (int32_t i = 0; i < task->pairs; i++) {
        split(task, tg_load_quad(from), tg_load_quad(from + task->channels), to++);
        from += 2 * task->channels;
    }
    if (task->tail) {
        split(task, tg_load_quad(from), task->padding, to);
    }
}

TG_KERNEL void tg_planes_split_dsp(const struct tg_planes_split *task)
{
    for (int32_t i = 0; i < task->lines; i++) {
        split_line(task, task->from + i * task->row_bytes, task->to + i * TG_LINE_WORDS);
    }
}

TG_KERNEL void tg_planes_move_dsp(uint32_t *to, const uint32_t *from, int32_t lines)
{
    for (int32_t i = 0; i < lines * TG_LINE_WORDS; i++) {
        to[i] = from[i];
    }
}

#endif
