/* Pooling, compiled once per way of combining cells. See tg_pool2d.h.
 *
 * Four channels are combined in one pass over the window.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_POOL2D_CORE_H
#define TG_POOL2D_CORE_H

#include "tg_fixedpoint.h"
#include "tg_pool2d.h"

/* How a kernel combines cells; always a compile-time constant. */
enum tg_pooling { TG_AVERAGE, TG_MAXIMUM };

/* The part of a window that lies inside of the image. Its rows lie in a tensor, or at the pointers in `rows`. */
struct tg_cells {
    const int8_t *first_row;
    int32_t row_bytes;
    const int8_t *const *rows; /* null outside of the image */
    int32_t row_count;
    int32_t offset; /* of the first cell in its row, in bytes */
    int32_t width;
    int32_t step; /* from one cell to the next: all channels */
};

TG_INLINE int32_t tg_pool_combine(int32_t acc, int32_t x, enum tg_pooling pooling)
{
    return pooling == TG_AVERAGE ? acc + x : acc > x ? acc : x;
}

/* The first cell of row i, channel `channel`; null where that is padding. */
TG_INLINE const int8_t *tg_pool_row(const struct tg_cells *cells, int32_t i, int32_t channel)
{
    const int8_t *row = cells->rows ? cells->rows[i] : cells->first_row + i * cells->row_bytes;

    return row ? row + cells->offset + channel : row;
}

/* Four neighbouring channels. */
struct tg_pool_four {
    int32_t a;
    int32_t b;
    int32_t c;
    int32_t d;
};

/* Combines them over all cells. Returns the number of cells. */
TG_INLINE int32_t tg_pool_four_cells(const struct tg_cells *cells, int32_t channel, struct tg_pool_four *acc,
                                     enum tg_pooling pooling)
{
    struct tg_pool_four all = *acc;
    int32_t count = 0;

    for (int32_t i = 0; i < cells->row_count; i++) {
        const int8_t *x = tg_pool_row(cells, i, channel);
        const int32_t width = x ? cells->width : 0;

        count += width;
        for (int32_t left = width; left > 0; left--) {
            all.a = tg_pool_combine(all.a, x[0], pooling);
            all.b = tg_pool_combine(all.b, x[1], pooling);
            all.c = tg_pool_combine(all.c, x[2], pooling);
            all.d = tg_pool_combine(all.d, x[3], pooling);
            x += cells->step;
        }
    }
    *acc = all;
    return count;
}

/* The same for one channel. */
TG_INLINE int32_t tg_pool_cells(const struct tg_cells *cells, int32_t channel, int32_t *acc, enum tg_pooling pooling)
{
    int32_t count = 0;

    for (int32_t i = 0; i < cells->row_count; i++) {
        const int8_t *x = tg_pool_row(cells, i, channel);
        const int32_t width = x ? cells->width : 0;

        count += width;
        for (int32_t left = width; left > 0; left--) {
            *acc = tg_pool_combine(*acc, *x, pooling);
            x += cells->step;
        }
    }
    return count;
}

TG_INLINE int8_t tg_pool_finish(const struct tg_pool2d *layer, int32_t acc, int32_t count,
                                enum tg_pooling pooling)
{
    const int32_t half = acc > 0 ? count / 2 : -(count / 2);
    const int32_t y = pooling == TG_AVERAGE ? (acc + half) / count : acc;

    return (int8_t)tg_clamp(y, layer->out_min, layer->out_max);
}

/* All channels of one output, for tg_pool2d_whole and tg_pool2d_some_rows. */
typedef void tg_pool_function(const struct tg_pool2d *layer, const struct tg_cells *cells, int8_t *out);

/* The same in portable C. */
TG_INLINE void tg_pool_one(const struct tg_pool2d *layer, const struct tg_cells *cells, int8_t *out,
                           enum tg_pooling pooling)
{
    const int32_t start = pooling == TG_AVERAGE ? 0 : -128;
    int32_t c = 0;

    for (; c + 4 <= layer->channels; c += 4) {
        struct tg_pool_four acc = {start, start, start, start};
        const int32_t count = tg_pool_four_cells(cells, c, &acc, pooling);

        out[c] = tg_pool_finish(layer, acc.a, count, pooling);
        out[c + 1] = tg_pool_finish(layer, acc.b, count, pooling);
        out[c + 2] = tg_pool_finish(layer, acc.c, count, pooling);
        out[c + 3] = tg_pool_finish(layer, acc.d, count, pooling);
    }
    for (; c < layer->channels; c++) {
        int32_t acc = start;
        const int32_t count = tg_pool_cells(cells, c, &acc, pooling);

        out[c] = tg_pool_finish(layer, acc, count, pooling);
    }
}

/* One output row from the rows that `cells` already has. */
TG_INLINE void tg_pool2d_one_row(const struct tg_pool2d *layer, struct tg_cells *cells, int8_t *out,
                                 tg_pool_function *pool)
{
    const struct tg_window *w = &layer->window;

    cells->step = layer->channels;
    for (int32_t ox = 0; ox < w->out_width; ox++) {
        const int32_t x = ox * w->stride_width - w->pad_left;
        const int32_t first = x < 0 ? 0 : x;
        const int32_t end = x + w->kernel_width < w->in_width ? x + w->kernel_width : w->in_width;

        cells->offset = first * layer->channels;
        cells->width = end - first;
        pool(layer, cells, out);
        out += layer->channels;
    }
}

TG_INLINE void tg_pool2d_some_rows(const struct tg_pool2d *layer, const int8_t *const *rows,
                                   int8_t *const *out, int32_t row_count, tg_pool_function *pool)
{
    struct tg_cells cells = {0, 0, rows, layer->window.kernel_height, 0, 0, 0};

    for (int32_t i = 0; i < row_count; i++) {
        tg_pool2d_one_row(layer, &cells, out[i], pool);
        cells.rows += layer->window.stride_height;
    }
}

TG_INLINE void tg_pool2d_whole(const struct tg_pool2d *layer, const int8_t *in, int8_t *out,
                               tg_pool_function *pool)
{
    const struct tg_window *w = &layer->window;
    struct tg_cells cells = {in, w->in_width * layer->channels, 0, 0, 0, 0, 0};

    for (int32_t oy = 0; oy < w->out_height; oy++) {
        const int32_t y = oy * w->stride_height - w->pad_top;
        const int32_t first = y < 0 ? 0 : y;
        const int32_t end = y + w->kernel_height < w->in_height ? y + w->kernel_height : w->in_height;

        cells.first_row = in + first * cells.row_bytes;
        cells.row_count = end - first;
        tg_pool2d_one_row(layer, &cells, out, pool);
        out += w->out_width * layer->channels;
    }
}

#endif
