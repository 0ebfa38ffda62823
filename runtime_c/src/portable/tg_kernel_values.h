/* From the products with the rows of a tile to their kernels, as tg_kernel_sums.h defines them.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_KERNEL_VALUES_H
#define TG_KERNEL_VALUES_H

#include "tg_kernel_sums.h"
#include "tg_row_products.h"

/* What all measures of a query have in common, less `first`: wraps, and measures come out right. */
TG_INLINE uint32_t tg_kernel_start(const struct tg_kernel_sums *layer, struct tg_row_query query)
{
    if (layer->norms == NULL) {
        return (uint32_t)query.offset - (uint32_t)layer->first;
    }
    return (uint32_t)query.norm + 2u * (uint32_t)query.offset - (uint32_t)layer->first;
}

TG_INLINE int32_t tg_kernel_value(const struct tg_kernel_sums *layer, int32_t measure)
{
    const int32_t t = measure < 0 ? 0 : measure > layer->last ? layer->last : measure;
    const int32_t shift = layer->shift;
    const int16_t *const entry = layer->table + (t >> shift);
    const int32_t rest = t & (int32_t)((1u << shift) - 1u);

    return entry[0] + (((entry[1] - entry[0]) * rest) >> shift);
}

/* The kernels of the rows of a tile, in place of the products; `norms` are those of the tile, or NULL. */
TG_INLINE void tg_kernel_values(const struct tg_kernel_sums *layer, uint32_t start, const int32_t *norms,
                                int32_t *products)
{
    for (int32_t r = 0; r < TG_TILE_ROWS; r++) {
        const uint32_t product = (uint32_t)products[r];
        const uint32_t measure = norms == NULL ? start - product : start + (uint32_t)norms[r] - 2u * product;

        products[r] = tg_kernel_value(layer, (int32_t)measure);
    }
}

#endif
