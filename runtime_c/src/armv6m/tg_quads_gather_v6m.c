/* See tg_quads_gather_v6m.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_quads_gather_v6m.h"
#include "tg_assembly.h"
#include "tg_fixedpoint.h"

#if TG_ASSEMBLY

/* Of a naked function: it comes in a register, and the compiler sees no use of it. */
#define ARGUMENT __attribute__((unused))

/* 11 cycles for each input, and 14 for each block. */
TG_KERNEL TG_NAKED int32_t *tg_quads_gather_v6m(const struct tg_quads_v6m *quads ARGUMENT,
                                                const int8_t *cells_ ARGUMENT, int32_t *x_ ARGUMENT)
{
    __asm__ volatile(
        ".syntax unified\n"
        "blocks .req r0\n"
        "cells .req r1\n"
        "x .req r2\n"
        "offsets .req r3\n"
        "value .req r4\n"
        "sum .req r5\n"
        "block_end .req r6\n"
        "start .req r7\n"
        "size .req r12\n"   /* bytes of a block's words */
        "factor .req lr\n"  /* 0x00800080 */
        "push {r4-r7, lr}\n"
        "ldr r4, [r0, #12]\n"
        "lsls r4, r4, #2\n"
        "mov size, r4\n"
        "ldr offsets, [r0, #0]\n"
        "ldr blocks, [r0, #8]\n"
        "movs r4, #128\n"
        "lsls r5, r4, #16\n"
        "orrs r4, r4, r5\n"
        "mov factor, r4\n"
        /* a block */
        "1: movs start, x\n"
        "adds x, x, #4\n"
        "movs block_end, x\n"
        "add block_end, size\n"
        "movs sum, #0\n"
        "2: ldrh value, [offsets, #0]\n"
        "adds offsets, offsets, #2\n"
        "ldrsb value, [cells, value]\n"
        "stmia x!, {value}\n"
        "adds sum, sum, value\n"
        "cmp x, block_end\n"
        "bne 2b\n"
        "mov value, factor\n"
        "muls sum, value, sum\n"
        "movs value, #128\n"
        "lsls value, value, #8\n"
        "subs value, value, sum\n"
        "str value, [start, #0]\n"
        "subs blocks, blocks, #1\n"
        "bne 1b\n"
        "movs r0, x\n"
        "pop {r4-r7, pc}\n"
        ".unreq blocks\n"
        ".unreq offsets\n"
        ".unreq cells\n"
        ".unreq x\n"
        ".unreq value\n"
        ".unreq sum\n"
        ".unreq block_end\n"
        ".unreq start\n"
        ".unreq size\n"
        ".unreq factor\n");
}

#else

TG_KERNEL int32_t *tg_quads_gather_v6m(const struct tg_quads_v6m *quads, const int8_t *cells, int32_t *x)
{
    const int16_t *offsets = quads->offsets;

    for (int32_t block = 0; block < quads->blocks; block++) {
        const int16_t *const end = offsets + quads->size;
        int32_t *const start = x++;
        int32_t sum = 0;

        do {
            const int32_t value = cells[*offsets++];

            *x++ = value;
            sum += value;
        } while (offsets != end);
        *start = tg_wrap_int32(0x8000u - 0x00800080u * (uint32_t)sum);
    }
    return x;
}

#endif
