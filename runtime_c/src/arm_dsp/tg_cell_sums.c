/* See tg_cell_sums.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_cell_sums.h"
#include "tg_assembly.h"

/* Cells whose sums fit in int16: at most 256, a multiple of four. */
#define MOST_CELLS 256

/* Adds `count` cells, 1 to MOST_CELLS. */
TG_KERNEL void tg_cell_sums_some_dsp(int32_t *sums, const int8_t *x, int32_t count, int32_t step);

#if TG_ASSEMBLY

/* Of a naked function: it comes in a register, and the compiler sees no use of it. */
#define ARGUMENT __attribute__((unused))

/* 19 cycles for four cells, which are 16 values; 10 for one of those left over, 35 for the rest. */
TG_KERNEL TG_NAKED void tg_cell_sums_some_dsp(int32_t *sums ARGUMENT, const int8_t *x ARGUMENT, int32_t count ARGUMENT,
                                              int32_t step ARGUMENT)
{
    __asm__ volatile(
        ".syntax unified\n"
        "push {r4-r9, lr}\n"
        "even .req r8\n odd .req r9\n step3 .req r12\n left .req lr\n"
        "add step3, r3, r3, lsl #1\n"
        "mov even, #0\n"
        "mov odd, #0\n"
        "asrs left, r2, #2\n"
        "beq 2f\n"
        ".balign 4\n"
        "1: ldr r4, [r1]\n"
        "ldr r5, [r1, r3]\n"
        "ldr r6, [r1, r3, lsl #1]\n"
        "ldr r7, [r1, step3]\n"
        "subs left, left, #1\n"
        "add r1, r1, r3, lsl #2\n"
        ".irp four, r4,r5,r6,r7\n"
        "sxtab16 even, even, \\four\n"
        "sxtab16 odd, odd, \\four, ror #8\n"
        ".endr\n"
        "bne 1b\n"
        "2: ands left, r2, #3\n"
        "beq 4f\n"
        "3: ldr r4, [r1]\n"
        "add r1, r1, r3\n"
        "subs left, left, #1\n"
        "sxtab16 even, even, r4\n"
        "sxtab16 odd, odd, r4, ror #8\n"
        "bne 3b\n"
        /* int16 sums to int32 ones */
        "4: ldmia r0, {r4-r7}\n"
        "sxtah r4, r4, even\n"
        "sxtah r5, r5, odd\n"
        "add r6, r6, even, asr #16\n"
        "add r7, r7, odd, asr #16\n"
        "stmia r0, {r4-r7}\n"
        ".unreq even\n .unreq odd\n .unreq step3\n .unreq left\n"
        "pop {r4-r9, pc}\n");
}

#else
#include "tg_simd.h"

TG_KERNEL void tg_cell_sums_some_dsp(int32_t *sums, const int8_t *x, int32_t count, int32_t step)
{
    uint32_t even = 0;
    uint32_t odd = 0;

    for (; count > 0; count--) {
        const uint32_t four = tg_load_quad(x);

        even = tg_sxtab16(even, four);
        odd = tg_sxtab16_ror8(odd, four);
        x += step;
    }
    sums[0] += (int16_t)(even & 0xFFFFu);
    sums[1] += (int16_t)(odd & 0xFFFFu);
    sums[2] += (int16_t)(even >> 16);
    sums[3] += (int16_t)(odd >> 16);
}

#endif

TG_KERNEL void tg_cell_sums_dsp(int32_t *sums, const int8_t *x, int32_t count, int32_t step)
{
    for (; count > MOST_CELLS; count -= MOST_CELLS) {
        tg_cell_sums_some_dsp(sums, x, MOST_CELLS, step);
        x += MOST_CELLS * step;
    }
    if (count > 0) {
        tg_cell_sums_some_dsp(sums, x, count, step);
    }
}
