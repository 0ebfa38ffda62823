/* See tg_nearest_rows.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_nearest_rows.h"

#include "tg_nearest_rows_core.h"
#include "tg_row_products_s16.h"

TG_KERNEL void tg_nearest_rows_s16(const struct tg_nearest_rows *layer, const int16_t *in, int32_t *out, void *scratch)
{
    const int32_t pairs = (layer->depth + TG_PAIR - 1) / TG_PAIR;
    const int16_t *tile = (const int16_t *)layer->tiles;
    int16_t *const x = (int16_t *)scratch;
    const struct tg_row_query query = tg_row_products_s16_query(in, layer->depth, x);
    int32_t worst = INT32_MAX;

    tg_nearest_clear(out, layer->count);
    for (int32_t row = 0; row < layer->rows; row += TG_TILE_ROWS, tile += TG_TILE_ROWS * TG_PAIR * pairs) {
        int32_t products[TG_TILE_ROWS];

        tg_row_products_s16(tile, x, pairs, products);
        worst = tg_nearest_tile(layer, row, products, worst, out);
    }
    tg_nearest_measures(layer, query, out);
}
