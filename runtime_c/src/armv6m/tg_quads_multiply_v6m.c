/* See tg_quads_multiply_v6m.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_quads_multiply_v6m.h"
#include "tg_assembly.h"
#include "tg_fixedpoint.h"

#if TG_ASSEMBLY

/* Of a naked function: it comes in a register, and the compiler sees no use of it. */
#define ARGUMENT __attribute__((unused))

/* 11 cycles for each input of four channels, and 14 for each block. */
TG_KERNEL TG_NAKED void tg_quads_multiply_v6m(const struct tg_quads_v6m *quads ARGUMENT, const int32_t *x_ ARGUMENT,
                                              int32_t *sums ARGUMENT)
{
    __asm__ volatile(
        ".syntax unified\n"
        "sum_a .req r0\n" /* channels 0 and 1 */
        "sum_b .req r1\n" /* channels 2 and 3 */
        "quad .req r2\n"
        "upper .req r3\n"
        "mask .req r4\n" /* 0x00ff00ff */
        "input .req r5\n"
        "weights .req r6\n"
        "x .req r7\n"
        "whole_a .req r8\n"
        "upper_a .req r9\n"
        "whole_b .req r10\n"
        "upper_b .req r11\n"
        "x_end .req r12\n"
        "first .req lr\n" /* of the steps below, the one with which a block begins */
        /* save */
        "push {r4-r7, lr}\n"
        "mov r4, r8\n"
        "mov r5, r9\n"
        "mov r6, r10\n"
        "mov r7, r11\n"
        "push {r4-r7}\n"
        /* on the stack: x, where sums go, their end */
        "sub sp, sp, #12\n"
        "str r1, [sp, #0]\n"
        "str r2, [sp, #4]\n"
        "ldr weights, [r0, #4]\n"
        "ldr r3, [r0, #8]\n"  /* blocks */
        "ldr r4, [r0, #12]\n" /* size */
        "ldr r5, [r0, #16]\n" /* channels */
        "lsls r5, r5, #2\n"
        "adds r5, r5, r2\n"
        "str r5, [sp, #8]\n"
        "adds r5, r4, #1\n"
        "muls r3, r5, r3\n"
        "lsls r3, r3, #2\n"
        "adds r3, r3, r1\n"
        "mov x_end, r3\n"
        "adr r3, 3f\n"
        "movs r5, #24\n"
        "subs r5, r5, r4\n"
        "movs r4, #18\n" /* bytes of a step */
        "muls r5, r4, r5\n"
        "adds r3, r3, r5\n"
        "mov first, r3\n"
        "movs mask, #255\n"
        "lsls r0, mask, #16\n"
        "orrs mask, mask, r0\n"
        /* four channels */
        "1: movs r0, #0\n"
        "mov whole_a, r0\n"
        "mov upper_a, r0\n"
        "mov whole_b, r0\n"
        "mov upper_b, r0\n"
        "ldr x, [sp, #0]\n"
        "b 2f\n"
        ".balign 4\n"
        "3:\n"
        ".rept 24\n"
        "ldmia weights!, {quad}\n"
        "ldmia x!, {input}\n"
        "lsrs upper, quad, #8\n"
        "ands upper, upper, mask\n"
        "muls upper, input, upper\n"
        "adds sum_b, sum_b, upper\n"
        "ands quad, quad, mask\n"
        "muls quad, input, quad\n"
        "adds sum_a, sum_a, quad\n"
        ".endr\n"
        /* adds it to the totals: the word, and its upper half */
        "add whole_a, sum_a\n"
        "asrs sum_a, sum_a, #16\n"
        "add upper_a, sum_a\n"
        "add whole_b, sum_b\n"
        "asrs sum_b, sum_b, #16\n"
        "add upper_b, sum_b\n"
        "cmp x, x_end\n"
        "beq 4f\n"
        /* a block */
        "2: ldmia x!, {sum_a}\n"
        "movs sum_b, sum_a\n"
        "mov pc, first\n"
        /* the lower halves are what the upper ones leave */
        "4: mov r0, whole_a\n"
        "mov r1, upper_a\n"
        "lsls r5, r1, #16\n"
        "subs r0, r0, r5\n"
        "mov r2, whole_b\n"
        "mov r3, upper_b\n"
        "lsls r5, r3, #16\n"
        "subs r2, r2, r5\n"
        "ldr r5, [sp, #4]\n"
        "stmia r5!, {r0-r3}\n"
        "str r5, [sp, #4]\n"
        "ldr r0, [sp, #8]\n"
        "cmp r5, r0\n"
        "beq 5f\n"
        "b 1b\n"
        "5: add sp, sp, #12\n"
        "pop {r4-r7}\n"
        "mov r8, r4\n"
        "mov r9, r5\n"
        "mov r10, r6\n"
        "mov r11, r7\n"
        "pop {r4-r7, pc}\n"
        ".unreq sum_a\n"
        ".unreq sum_b\n"
        ".unreq quad\n"
        ".unreq upper\n"
        ".unreq mask\n"
        ".unreq input\n"
        ".unreq weights\n"
        ".unreq x\n"
        ".unreq whole_a\n"
        ".unreq upper_a\n"
        ".unreq whole_b\n"
        ".unreq upper_b\n"
        ".unreq x_end\n"
        ".unreq first\n");
}

#else

TG_KERNEL void tg_quads_multiply_v6m(const struct tg_quads_v6m *quads, const int32_t *x, int32_t *sums)
{
    const int32_t *weights = quads->weights;

    for (int32_t left = quads->channels; left > 0; left -= 4) {
        const int32_t *input = x;
        uint32_t whole[2] = {0, 0};
        int32_t upper[2] = {0, 0};

        for (int32_t block = 0; block < quads->blocks; block++) {
            const int32_t *const end = input + 1 + quads->size;
            uint32_t sum_a = (uint32_t)*input++;
            uint32_t sum_b = sum_a;

            for (; input != end; input++) {
                const uint32_t quad = (uint32_t)*weights++;

                sum_a += (quad & 0x00FF00FFu) * (uint32_t)*input;
                sum_b += (quad >> 8 & 0x00FF00FFu) * (uint32_t)*input;
            }
            whole[0] += sum_a;
            upper[0] += tg_wrap_int32(sum_a) >> 16;
            whole[1] += sum_b;
            upper[1] += tg_wrap_int32(sum_b) >> 16;
        }
        for (int32_t i = 0; i < 2; i++) {
            *sums++ = tg_wrap_int32(whole[i] - ((uint32_t)upper[i] << 16));
            *sums++ = upper[i];
        }
    }
}

#endif
