/* See tg_row_products_s8.h. Bytes of tiles are unsigned: Armv6-M loads these with an offset, and has no such load for
 * signed ones.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_row_products_s8.h"

TG_KERNEL struct tg_row_query tg_row_products_s8_query(const int8_t *in, int32_t depth, int16_t *x)
{
    struct tg_row_query query = {0, 0};
    int32_t k = 0;

    for (; k < depth; k++) {
        const int32_t value = in[k] < TG_LEAST_FEATURE ? TG_LEAST_FEATURE : in[k];

        x[k] = (int16_t)value;
        query.norm += value * value;
        query.offset += value * 128;
    }
    for (; k % TG_QUAD != 0; k++) {
        x[k] = 0;
    }
    return query;
}

/* Overflow: up to 8192 products below 2^15. */
TG_KERNEL void tg_row_products_s8(const uint8_t *tile, const int16_t *x, int32_t quads, int32_t *products)
{
    const int16_t *const end = x + TG_QUAD * quads;
    int32_t a = 0;
    int32_t b = 0;
    int32_t c = 0;
    int32_t d = 0;

    for (; x < end; x += TG_QUAD, tile += TG_TILE_ROWS * TG_QUAD) {
        int32_t value = x[0];

        a += value * tile[0];
        b += value * tile[4];
        c += value * tile[8];
        d += value * tile[12];
        value = x[1];
        a += value * tile[1];
        b += value * tile[5];
        c += value * tile[9];
        d += value * tile[13];
        value = x[2];
        a += value * tile[2];
        b += value * tile[6];
        c += value * tile[10];
        d += value * tile[14];
        value = x[3];
        a += value * tile[3];
        b += value * tile[7];
        c += value * tile[11];
        d += value * tile[15];
    }
    products[0] = a;
    products[1] = b;
    products[2] = c;
    products[3] = d;
}
