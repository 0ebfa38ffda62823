/* See tg_row_products_s16_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_row_products_s16_dsp.h"

#include "tg_assembly.h"
#include "tg_simd.h"

TG_KERNEL struct tg_row_query tg_row_query_s16_dsp(const int16_t *in, int32_t depth, int16_t *x)
{
    struct tg_row_query query = {0, 0};
    int32_t k = 0;

    for (; k < depth; k++) {
        x[k] = in[k];
        query.norm += in[k] * in[k];
    }
    if (k % TG_PAIR != 0) {
        x[k] = 0;
    }
    return query;
}

TG_KERNEL tg_products_s16 tg_row_products_s16_dsp;

#if TG_ASSEMBLY

#define ARGUMENT __attribute__((unused))

/* 11 cycles for a pair of features of four rows, which is 8 products; 3 more for the loop, every second one.
 * Overflow: the generator has proved that the absolute values of all products together fit in int32. */
TG_NAKED void tg_row_products_s16_dsp(const int16_t *tile ARGUMENT, const int16_t *x ARGUMENT, int32_t pairs ARGUMENT,
                                      int32_t *products ARGUMENT)
{
    __asm__ volatile(
        ".syntax unified\n"
        "push {r3-r11, lr}\n"
        "movs r4, #0\n"
        "movs r5, #0\n"
        "movs r6, #0\n"
        "movs r7, #0\n"

        ".macro tg_pair\n"
        "ldmia r0!, {r8-r11}\n"
        "ldr r12, [r1], #4\n"
        "smlad r4, r8, r12, r4\n"
        "smlad r5, r9, r12, r5\n"
        "smlad r6, r10, r12, r6\n"
        "smlad r7, r11, r12, r7\n"
        ".endm\n"

        "adds r2, r2, #1\n"
        "lsrs r2, r2, #1\n" /* carry: an even number of pairs */
        "bcc 2f\n"
        ".balign 4\n"
        "1:\n"
        "tg_pair\n"
        "2:\n"
        "tg_pair\n"
        "subs r2, r2, #1\n"
        "bne 1b\n"

        "ldr r3, [sp]\n"
        "stm r3, {r4-r7}\n"
        "pop {r3-r11, pc}\n"
        ".purgem tg_pair\n");
}

#else

TG_KERNEL void tg_row_products_s16_dsp(const int16_t *tile, const int16_t *x, int32_t pairs, int32_t *products)
{
    for (int32_t r = 0; r < TG_TILE_ROWS; r++) {
        const int16_t *from = x;
        const int16_t *row = tile + TG_PAIR * r;
        int32_t sum = 0;

        for (int32_t i = 0; i < pairs; i++, from += TG_PAIR, row += TG_TILE_ROWS * TG_PAIR) {
            sum = tg_smlad(tg_load_pair(row), tg_load_pair(from), sum);
        }
        products[r] = sum;
    }
}

#endif
