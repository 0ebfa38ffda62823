/* See tg_lanes_gather_v6m.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_lanes_gather_v6m.h"
#include "tg_assembly.h"

#if TG_ASSEMBLY

/* Of a naked function: it comes in a register, and the compiler sees no use of it. */
#define ARGUMENT __attribute__((unused))

/* 26 cycles for each 4 words. r4 to r7: the words */
TG_KERNEL TG_NAKED void tg_lanes_gather_v6m(const int8_t *cells ARGUMENT, const int16_t *offsets ARGUMENT,
                                            int32_t *x ARGUMENT, int32_t *end ARGUMENT)
{
    __asm__ volatile(
        ".syntax unified\n"
        "cells .req r0\n"
        "offsets .req r1\n"
        "x .req r2\n"
        "end .req r3\n"
        "push {r4-r7, lr}\n"
        "1: ldrh r4, [offsets, #0]\n"
        "ldrh r5, [offsets, #2]\n"
        "ldrh r6, [offsets, #4]\n"
        "ldrh r7, [offsets, #6]\n"
        "adds offsets, offsets, #8\n"
        "ldrsb r4, [cells, r4]\n"
        "ldrsb r5, [cells, r5]\n"
        "ldrsb r6, [cells, r6]\n"
        "ldrsb r7, [cells, r7]\n"
        "stmia x!, {r4-r7}\n"
        "cmp x, end\n"
        "bne 1b\n"
        "pop {r4-r7, pc}\n"
        ".unreq cells\n"
        ".unreq offsets\n"
        ".unreq x\n"
        ".unreq end\n");
}

#else

TG_KERNEL void tg_lanes_gather_v6m(const int8_t *cells, const int16_t *offsets, int32_t *x, int32_t *end)
{
    while (x != end) {
        *x++ = cells[*offsets++];
    }
}

#endif
