/* See tg_row_products_s16.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_row_products_s16.h"

TG_KERNEL struct tg_row_query tg_row_products_s16_query(const int16_t *in, int32_t depth, int16_t *x)
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

/* Overflow: the generator has proved that the absolute values of all products together fit in int32. */
TG_KERNEL void tg_row_products_s16(const int16_t *tile, const int16_t *x, int32_t pairs, int32_t *products)
{
    const int16_t *const end = x + TG_PAIR * pairs;
    int32_t a = 0;
    int32_t b = 0;
    int32_t c = 0;
    int32_t d = 0;

    for (; x < end; x += TG_PAIR, tile += TG_TILE_ROWS * TG_PAIR) {
        const int32_t first = x[0];
        const int32_t second = x[1];

        a += first * tile[0] + second * tile[1];
        b += first * tile[2] + second * tile[3];
        c += first * tile[4] + second * tile[5];
        d += first * tile[6] + second * tile[7];
    }
    products[0] = a;
    products[1] = b;
    products[2] = c;
    products[3] = d;
}
