/* See tg_linear_tiles.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_linear_tiles.h"

#include "tg_row_products_s8.h"

/* The features, whole quads of them; returns 128 times their sum. */
static int32_t widen(const int8_t *in, int32_t depth, int16_t *x)
{
    int32_t sum = 0;
    int32_t k = 0;

    for (; k < depth; k++) {
        const int32_t value = in[k] < TG_LEAST_FEATURE ? TG_LEAST_FEATURE : in[k];

        x[k] = (int16_t)value;
        sum += value;
    }
    for (; k % TG_QUAD != 0; k++) {
        x[k] = 0;
    }
    return sum * 128;
}

TG_KERNEL void tg_linear_tiles_s8(const struct tg_linear_tiles *layer, const int8_t *in, int32_t *out, void *scratch)
{
    const int32_t quads = (layer->depth + TG_QUAD - 1) / TG_QUAD;
    int16_t *const x = (int16_t *)scratch;
    const int32_t offset = widen(in, layer->depth, x);
    const uint8_t *tile = layer->tiles;
    const int32_t *bias = layer->bias;

    for (int32_t left = layer->outputs; left > 0; left -= TG_TILE_ROWS, tile += TG_TILE_ROWS * TG_QUAD * quads) {
        int32_t products[TG_TILE_ROWS];
        const int32_t count = left < TG_TILE_ROWS ? left : TG_TILE_ROWS;

        tg_row_products_s8(tile, x, quads, products);
        for (int32_t r = 0; r < count; r++) {
            *out++ = *bias++ - offset + products[r];
        }
    }
}
