/* See tg_lanes_multiply_v6m.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_lanes_multiply_v6m.h"
#include "tg_assembly.h"
#include "tg_fixedpoint.h"

#if TG_ASSEMBLY

/* Of a naked function: it comes in a register, and the compiler sees no use of it. */
#define ARGUMENT __attribute__((unused))

/* Inputs of an even size of block take 8.5 cycles, those of an odd size 8.5 to 8.75; a block 8 cycles, the loop 3. */
TG_KERNEL TG_NAKED void tg_lanes_multiply_v6m(const struct tg_lanes_v6m *lanes ARGUMENT,
                                              const int32_t *weights_ ARGUMENT, const int32_t *x_ ARGUMENT,
                                              int32_t *sums ARGUMENT)
{
    __asm__ volatile(
        ".syntax unified\n"
        "sum_a .req r0\n"
        "sum_b .req r1\n"
        "pair_a .req r2\n"
        "pair_b .req r3\n"
        "x0 .req r4\n"
        "x1 .req r7\n"
        "x .req r5\n"
        "weights .req r6\n"
        "whole_a .req r8\n"
        "upper_a .req r9\n"
        "whole_b .req r10\n"
        "upper_b .req r11\n"
        "x_end .req r12\n"
        "half .req lr\n" /* 0x8000 */
        /* one input times four weights: 7 cycles */
        ".macro tg_products input\n"
        "ldmia weights!, {pair_a, pair_b}\n"
        "muls pair_a, \\input, pair_a\n"
        "adds sum_a, sum_a, pair_a\n"
        "muls pair_b, \\input, pair_b\n"
        "adds sum_b, sum_b, pair_b\n"
        ".endm\n"
        ".macro tg_two_inputs\n"
        "ldmia x!, {x0, x1}\n"
        "tg_products x0\n"
        "tg_products x1\n"
        ".endm\n"
        /* begins a block of both pairs of channels: 2 cycles */
        ".macro tg_begin\n"
        "mov sum_a, half\n"
        "mov sum_b, half\n"
        ".endm\n"
        /* adds a block to the totals, the word and its upper half: 6 cycles */
        ".macro tg_end\n"
        "add whole_a, sum_a\n"
        "asrs sum_a, sum_a, #16\n"
        "add upper_a, sum_a\n"
        "add whole_b, sum_b\n"
        "asrs sum_b, sum_b, #16\n"
        "add upper_b, sum_b\n"
        ".endm\n"
        ".macro tg_again label\n"
        "cmp x, x_end\n"
        "bne \\label\n"
        "b 80f\n"
        ".endm\n"
        /* blocks of 2 * pairs inputs */
        ".macro tg_even label, pairs\n"
        "\\label:\n"
        "tg_begin\n"
        ".rept \\pairs\n"
        "tg_two_inputs\n"
        ".endr\n"
        "tg_end\n"
        "tg_again \\label\\()b\n"
        ".endm\n"
        /* blocks of 2 * pairs + 1 inputs, two by two: they share a load in their middle */
        ".macro tg_odd label, pairs\n"
        "\\label:\n"
        "tg_begin\n"
        ".rept \\pairs\n"
        "tg_two_inputs\n"
        ".endr\n"
        "ldmia x!, {x0, x1}\n"
        "tg_products x0\n"
        "tg_end\n"
        "tg_begin\n"
        "tg_products x1\n"
        ".rept \\pairs\n"
        "tg_two_inputs\n"
        ".endr\n"
        "tg_end\n"
        "tg_again \\label\\()b\n"
        ".endm\n"
        /* save */
        "push {r4-r7, lr}\n"
        "mov r4, r8\n"
        "mov r5, r9\n"
        "mov r6, r10\n"
        "mov r7, r11\n"
        "push {r4-r7}\n"
        /* on the stack: x, where sums go, their end, twice the size of a block */
        "sub sp, sp, #16\n"
        "str r2, [sp, #0]\n"
        "str r3, [sp, #4]\n"
        "movs weights, r1\n"
        "ldr r4, [r0, #8]\n"
        "lsls r4, r4, #2\n"
        "adds r4, r4, r2\n"
        "mov x_end, r4\n"
        "ldr r4, [r0, #16]\n"
        "lsls r4, r4, #2\n"
        "adds r4, r4, r3\n"
        "str r4, [sp, #8]\n"
        "ldr r4, [r0, #12]\n"
        "lsls r4, r4, #1\n"
        "str r4, [sp, #12]\n"
        "movs r4, #1\n"
        "lsls r4, r4, #15\n"
        "mov half, r4\n"
        /* four channels: into the loop for the size of block */
        "1: movs r0, #0\n"
        "mov whole_a, r0\n"
        "mov upper_a, r0\n"
        "mov whole_b, r0\n"
        "mov upper_b, r0\n"
        "ldr x, [sp, #0]\n"
        "ldr r0, [sp, #12]\n"
        "add pc, pc, r0\n"
        "nop\n"
        "nop\n" /* 0 */
        "nop\n"
        "b 2f\n"
        "b 3f\n"
        "b 4f\n"
        "b 5f\n"
        "b 6f\n"
        "nop\n"
        "b 8f\n"
        "nop\n"
        "nop\n"
        "nop\n"
        "b 12f\n"
        "tg_even 12, 6\n"
        "tg_even 8, 4\n"
        "tg_even 6, 3\n"
        "tg_odd 5, 2\n"
        "tg_even 4, 2\n"
        "tg_odd 3, 1\n"
        "tg_even 2, 1\n"
        /* the lower halves are what the upper ones leave */
        "80: mov r0, whole_a\n"
        "mov r1, upper_a\n"
        "lsls r4, r1, #16\n"
        "subs r0, r0, r4\n"
        "mov r2, whole_b\n"
        "mov r3, upper_b\n"
        "lsls r4, r3, #16\n"
        "subs r2, r2, r4\n"
        "ldr r4, [sp, #4]\n"
        "stmia r4!, {r0-r3}\n"
        "str r4, [sp, #4]\n"
        "ldr r0, [sp, #8]\n"
        "cmp r4, r0\n"
        "beq 81f\n"
        "b 1b\n"
        "81: add sp, sp, #16\n"
        "pop {r4-r7}\n"
        "mov r8, r4\n"
        "mov r9, r5\n"
        "mov r10, r6\n"
        "mov r11, r7\n"
        "pop {r4-r7, pc}\n"
        ".unreq sum_a\n"
        ".unreq sum_b\n"
        ".unreq pair_a\n"
        ".unreq pair_b\n"
        ".unreq x0\n"
        ".unreq x1\n"
        ".unreq x\n"
        ".unreq weights\n"
        ".unreq whole_a\n"
        ".unreq upper_a\n"
        ".unreq whole_b\n"
        ".unreq upper_b\n"
        ".unreq x_end\n"
        ".unreq half\n"
        ".purgem tg_products\n"
        ".purgem tg_two_inputs\n"
        ".purgem tg_begin\n"
        ".purgem tg_end\n"
        ".purgem tg_again\n"
        ".purgem tg_even\n"
        ".purgem tg_odd\n");
}

#else

TG_KERNEL void tg_lanes_multiply_v6m(const struct tg_lanes_v6m *lanes, const int32_t *weights, const int32_t *x,
                                     int32_t *sums)
{
    for (int32_t left = lanes->channels; left > 0; left -= 2) {
        const int32_t *pair = weights + (left / 2 % 2 == 0 ? 0 : 1);
        uint32_t whole = 0;
        int32_t upper = 0;

        for (int32_t i = 0; i < lanes->words; i += lanes->size) {
            uint32_t block = 0x8000u;

            for (int32_t j = i; j < i + lanes->size; j++) {
                block += (uint32_t)*pair * (uint32_t)x[j];
                pair += 2;
            }
            whole += block;
            upper += tg_wrap_int32(block) >> 16;
        }
        if (left / 2 % 2 != 0) {
            weights += 2 * lanes->words;
        }
        *sums++ = tg_wrap_int32(whole - ((uint32_t)upper << 16));
        *sums++ = upper;
    }
}

#endif
