/* See tg_conv2d_winograd_multiply.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_winograd_multiply.h"
#include "tg_conv2d_winograd_parts.h"

#if TG_ASSEMBLY

/* 16 cycles for each step of a position, 7 for each block of 8 but the first, 55 more.
 *
 * A position starts with two steps that set the sums, and goes on somewhere in a block of 8, such that the last block
 * ends with the last step. Frame: m, its end, from the end of a position's x to the next one's start, the end of x; and
 * how to enter the first block: change of r12, of lr, address in the code. */
TG_KERNEL TG_NAKED void tg_conv2d_winograd_multiply(const uint32_t *x ARGUMENT, const uint32_t *u ARGUMENT, int32_t *m ARGUMENT,
                        int32_t steps ARGUMENT)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "sub sp, sp, #28\n"
        "mov r12, r0\n"
        "sub lr, r1, #4\n"
        "add r4, r2, #1152\n"
        "strd r2, r4, [sp]\n"
        "mov r5, #288\n"
        "mul r6, r5, r3\n"
        "add r7, r0, r6\n"
        "rsb r6, r6, #8\n"
        "strd r6, r7, [sp, #8]\n"
        /* r6: steps of the first block that are skipped: 0, 2, 4 or 6, and all 8 if there are only two steps */
        "subs r6, r3, #2\n"
        "rsb r6, r6, #8\n"
        "and r6, r6, #7\n"
        "it eq\n"
        "moveq r6, #8\n"
        "rsb r7, r6, #2\n"
        "mul r8, r7, r5\n"
        "lsl r9, r7, #4\n"
        "it eq\n"
        "moveq r9, #32\n" /* the load that moves lr is skipped, too */
        "mov r5, #56\n"
        "mul r6, r6, r5\n"
        "adr r10, 2f\n"
        "add r10, r10, r6\n"
        "orr r10, r10, #1\n"
        "strd r8, r9, [sp, #16]\n"
        "str r10, [sp, #24]\n"
        ".p2align 2\n"
        "1:\n" FIRST_STEP STEPS("1")
        "ldr.w r8, [sp, #16]\n"
        "ldr.w r9, [sp, #20]\n"
        "ldr.w r10, [sp, #24]\n"
        "add.w r12, r12, r8\n"
        "add.w lr, lr, r9\n"
        "bx r10\n"
        ".p2align 2\n"
        "2:\n" STEPS("0, 1, 2, 3, 4, 5, 6") LAST_STEP
        "ldr.w r8, [sp, #12]\n"
        "add.w r12, r12, #2304\n"
        "cmp.w r12, r8\n"
        "blo.w 2b\n"
        "ldr.w r8, [sp]\n"
        "ldr.w r9, [sp, #4]\n"
        "ldr.w r10, [sp, #8]\n"
        "stm.w r8!, {r0-r7}\n"
        "add.w r12, r12, r10\n"
        "str.w r8, [sp]\n"
        "cmp.w r8, r9\n"
        "bne.w 1b\n"
        "add sp, sp, #28\n"
        "pop {r4-r11, pc}\n");
}

#else

TG_KERNEL void tg_conv2d_winograd_multiply(const uint32_t *x, const uint32_t *u, int32_t *m, int32_t steps)
{
    for (int32_t position = 0; position < TG_WINOGRAD_POSITIONS; position++) {
        const uint32_t *tiles = x + 2 * position;

        for (int32_t i = 0; i < 8; i++) {
            m[i] = 0;
        }
        for (int32_t step = 0; step < steps; step++) {
            for (int32_t c = 0; c < 4; c++) {
                m[c] = tg_smlad(tiles[0], u[c], m[c]);
                m[4 + c] = tg_smlad(tiles[1], u[c], m[4 + c]);
            }
            tiles += TG_WINOGRAD_STEP_WORDS;
            u += 4;
        }
        m += 8;
    }
}

#endif
