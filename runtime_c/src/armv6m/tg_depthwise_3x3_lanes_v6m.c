/* See tg_depthwise_3x3_lanes_v6m.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_3x3_lanes_v6m.h"
#include "tg_assembly.h"
#include "tg_fixedpoint.h"

#if TG_ASSEMBLY

/* Of a naked function: it comes in a register, and the compiler sees no use of it. */
#define ARGUMENT __attribute__((unused))

/* 71 cycles for each two outputs with blocks of three, 79 with blocks of two. */
TG_KERNEL TG_NAKED void tg_depthwise_3x3_lanes_v6m(const struct tg_pass_v6m *pass ARGUMENT)
{
    __asm__ volatile(
        ".syntax unified\n"
        "sum .req r0\n"
        "x0 .req r1\n"
        "x1 .req r2\n"
        "x2 .req r3\n"
        "weight .req r4\n"
        "line0 .req r5\n"
        "line1 .req r6\n"
        "line2 .req r7\n"
        "lower .req r8\n"
        "upper .req r9\n"
        "sums .req r10\n"
        "pairs_end .req r11\n" /* of a row of sums */
        "loop .req r12\n"
        /* three words of a line, and on to the next pair of outputs */
        ".macro tg_load_1 line\n"
        "ldmia \\line!, {x0, x1}\n"
        "ldr x2, [\\line]\n"
        ".endm\n"
        ".macro tg_load_2 line\n"
        "ldmia \\line!, {r1-r4}\n"
        ".endm\n"
        /* the first product of a block, and the others; weights are on the stack */
        ".macro tg_first x, index\n"
        "ldr sum, [sp, #4*\\index]\n"
        "muls sum, \\x, sum\n"
        ".endm\n"
        ".macro tg_next x, index\n"
        "ldr weight, [sp, #4*\\index]\n"
        "muls \\x, weight, \\x\n"
        "adds sum, sum, \\x\n"
        ".endm\n"
        /* the end of a block; op: mov for the first one, add for the others */
        ".macro tg_apart op\n"
        "sxth weight, sum\n"
        "\\op lower, weight\n"
        "subs sum, sum, weight\n"
        "asrs sum, sum, #16\n"
        "\\op upper, sum\n"
        ".endm\n"
        /* the end of the last block */
        ".macro tg_store label\n"
        "sxth x0, sum\n"
        "subs sum, sum, x0\n"
        "asrs x1, sum, #16\n"
        "add x0, lower\n"
        "add x1, upper\n"
        "mov x2, sums\n"
        "stmia x2!, {x0, x1}\n"
        "mov sums, x2\n"
        "cmp x2, pairs_end\n"
        "bne \\label\\()b\n"
        "b 6f\n"
        ".endm\n"
        ".macro tg_threes label, stride\n"
        "\\label:\n"
        "tg_load_\\stride line0\n"
        "tg_first x0, 0\n"
        "tg_next x1, 1\n"
        "tg_next x2, 2\n"
        "tg_apart mov\n"
        "tg_load_\\stride line1\n"
        "tg_first x0, 3\n"
        "tg_next x1, 4\n"
        "tg_next x2, 5\n"
        "tg_apart add\n"
        "tg_load_\\stride line2\n"
        "tg_first x0, 6\n"
        "tg_next x1, 7\n"
        "tg_next x2, 8\n"
        "tg_store \\label\n"
        ".endm\n"
        ".macro tg_twos label, stride\n"
        "\\label:\n"
        "tg_load_\\stride line0\n"
        "tg_first x0, 0\n"
        "tg_next x1, 1\n"
        "tg_apart mov\n"
        "tg_first x2, 2\n"
        "tg_load_\\stride line1\n"
        "tg_next x0, 3\n"
        "tg_apart add\n"
        "tg_first x1, 4\n"
        "tg_next x2, 5\n"
        "tg_apart add\n"
        "tg_load_\\stride line2\n"
        "tg_first x0, 6\n"
        "tg_next x1, 7\n"
        "tg_apart add\n"
        "tg_first x2, 8\n"
        "tg_store \\label\n"
        ".endm\n"
        /* save */
        "push {r4-r7, lr}\n"
        "mov r4, r8\n"
        "mov r5, r9\n"
        "mov r6, r10\n"
        "mov r7, r11\n"
        "push {r4-r7}\n"
        /* on the stack: the weights, row_advance, pairs_bytes - row_bytes, row_bytes, the end of all sums */
        "sub sp, sp, #52\n"
        "movs r1, r0\n"
        "adds r1, r1, #32\n"
        "mov r2, sp\n"
        "ldmia r1!, {r3-r7}\n"
        "stmia r2!, {r3-r7}\n"
        "ldmia r1!, {r3-r6}\n"
        "stmia r2!, {r3-r6}\n"
        "ldr r3, [r0, #8]\n"
        "str r3, [sp, #36]\n"
        "ldr r3, [r0, #16]\n"
        "ldr r4, [r0, #12]\n"
        "mov sums, r4\n"
        "adds r4, r4, r3\n"
        "mov pairs_end, r4\n"
        "ldr r4, [r0, #20]\n"
        "subs r3, r3, r4\n"
        "str r3, [sp, #40]\n"
        "str r4, [sp, #44]\n"
        "ldr r4, [r0, #24]\n"
        "str r4, [sp, #48]\n"
        "ldr line0, [r0, #0]\n"
        "ldr r4, [r0, #4]\n"
        "adds line1, line0, r4\n"
        "adds line2, line1, r4\n"
        "ldr r4, [r0, #28]\n"
        "lsls r4, r4, #1\n"
        "mov loop, r4\n"
        /* a row */
        "1: mov r0, loop\n"
        "add pc, pc, r0\n"
        "nop\n"
        "b 2f\n"
        "b 3f\n"
        "b 4f\n"
        "b 5f\n"
        "tg_threes 2, 1\n"
        "tg_threes 3, 2\n"
        "tg_twos 4, 1\n"
        "tg_twos 5, 2\n"
        /* the next row */
        "6: ldr r4, [sp, #48]\n"
        "cmp pairs_end, r4\n"
        "beq 7f\n"
        "ldr r4, [sp, #36]\n"
        "adds line0, line0, r4\n"
        "adds line1, line1, r4\n"
        "adds line2, line2, r4\n"
        "ldr r4, [sp, #40]\n"
        "mov r3, sums\n"
        "subs r3, r3, r4\n"
        "mov sums, r3\n"
        "ldr r4, [sp, #44]\n"
        "add pairs_end, r4\n"
        "b 1b\n"
        "7: add sp, sp, #52\n"
        "pop {r4-r7}\n"
        "mov r8, r4\n"
        "mov r9, r5\n"
        "mov r10, r6\n"
        "mov r11, r7\n"
        "pop {r4-r7, pc}\n"
        ".unreq sum\n"
        ".unreq x0\n"
        ".unreq x1\n"
        ".unreq x2\n"
        ".unreq weight\n"
        ".unreq line0\n"
        ".unreq line1\n"
        ".unreq line2\n"
        ".unreq lower\n"
        ".unreq upper\n"
        ".unreq sums\n"
        ".unreq pairs_end\n"
        ".unreq loop\n"
        ".purgem tg_load_1\n"
        ".purgem tg_load_2\n"
        ".purgem tg_first\n"
        ".purgem tg_next\n"
        ".purgem tg_apart\n"
        ".purgem tg_store\n"
        ".purgem tg_threes\n"
        ".purgem tg_twos\n");
}

#else

/* The halves of a block of the products first .. end, added to two sums. */
static void add_block(const struct tg_pass_v6m *pass, const int32_t *line, int32_t first, int32_t end,
                      int32_t *sums)
{
    uint32_t block = 0;
    int32_t lower;

    for (int32_t i = first; i < end; i++) {
        const int32_t x = line[i / 3 * (pass->line_bytes / 4) + i % 3];

        block += (uint32_t)pass->weights[i] * (uint32_t)x;
    }
    lower = (int32_t)((block & 0xFFFFu) ^ 0x8000u) - 0x8000;
    sums[0] += lower;
    sums[1] += tg_wrap_int32(block - (uint32_t)lower) >> 16;
}

TG_KERNEL void tg_depthwise_3x3_lanes_v6m(const struct tg_pass_v6m *pass)
{
    const int32_t stride = 1 + (pass->loop & 1);
    const int32_t size = pass->loop < 2 ? 3 : 2;
    const int32_t *line = pass->lines;
    int32_t *sums = pass->sums;

    for (;;) {
        int32_t *const pairs_end = sums + pass->pairs_bytes / 4;

        for (; sums != pairs_end; sums += 2) {
            sums[0] = 0;
            sums[1] = 0;
            for (int32_t i = 0; i < 9; i += size) {
                add_block(pass, line, i, i + size < 9 ? i + size : 9, sums);
            }
            line += 2 * stride;
        }
        if (pairs_end == pass->sums_end) {
            return;
        }
        line += pass->row_advance / 4;
        sums -= (pass->pairs_bytes - pass->row_bytes) / 4;
    }
}

#endif
