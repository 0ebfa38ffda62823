/* What pooling does for the DSP extension: four channels of a cell are a word. See tg_pool2d.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_POOL2D_QUADS_H
#define TG_POOL2D_QUADS_H

#include "tg_pool2d_core.h"
#include "tg_simd.h"

#define TG_POOL_QUAD 4

/* Cells without a gap between the rows are one row. */
TG_INLINE struct tg_cells tg_pool_joined(const struct tg_cells *cells)
{
    struct tg_cells joined = *cells;

    if (joined.rows == NULL && joined.width * joined.step == joined.row_bytes) {
        joined.width *= joined.row_count;
        joined.row_count = 1;
    }
    return joined;
}

/* Where the group of channels that begins at `channel` really begins: the last one overlaps the one before it. */
TG_INLINE int32_t tg_pool_quad_start(const struct tg_pool2d *layer, int32_t channel)
{
    return channel + TG_POOL_QUAD <= layer->channels ? channel : layer->channels - TG_POOL_QUAD;
}

#endif
