/* The loop over tiles of tg_nearest_rows.h. Rows are compared by keys, which are measures less a constant.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_NEAREST_ROWS_CORE_H
#define TG_NEAREST_ROWS_CORE_H

#include "tg_nearest_list.h"
#include "tg_nearest_rows.h"
#include "tg_row_products.h"

TG_INLINE int32_t tg_nearest_norm(const struct tg_nearest_rows *layer, int32_t row)
{
    return layer->short_norms != NULL ? layer->short_norms[row] : layer->norms[row];
}

/* The rows of a tile, with their products; returns the new last key of the list. */
TG_INLINE int32_t tg_nearest_tile(const struct tg_nearest_rows *layer, int32_t row, const int32_t *products,
                                  int32_t worst, int32_t *list)
{
    const int32_t left = layer->rows - row;

    for (int32_t r = 0; r < TG_TILE_ROWS; r++) {
        const uint32_t norm = (uint32_t)tg_nearest_norm(layer, row + r);
        const int32_t key = (int32_t)(norm - 2u * (uint32_t)products[r]); /* twice the product may wrap */

        if (key < worst && r < left) {
            worst = tg_nearest_insert(list, layer->count, key, row + r);
        }
    }
    return worst;
}

/* From keys to measures: wraps, and comes out right. */
TG_INLINE void tg_nearest_measures(const struct tg_nearest_rows *layer, struct tg_row_query query, int32_t *list)
{
    const uint32_t norm = layer->is_product ? 0u : (uint32_t)query.norm;
    const uint32_t added = norm + 2u * (uint32_t)query.offset;

    for (int32_t i = 0; i < layer->count; i++) {
        list[i] = (int32_t)((uint32_t)list[i] + added) / (layer->is_product ? 2 : 1);
    }
}

#endif
