/* Pooling around what is done with the cells of a window. See tg_pool2d_mve.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MVE_POOL_H
#define TG_MVE_POOL_H

#include "tg_mve_clamp.h"
#include "tg_mve_maximum.h"
#include "tg_pool2d_mve.h"
#include "tg_rows.h"

typedef void tg_mve_cells_function(const struct tg_mve_cells *cells);

/* How many windows, the first of which starts in column x, lie inside of the image, at most `left`; 1 where the first
 * does not. */
TG_INLINE int32_t tg_mve_equal_windows(const struct tg_window *w, int32_t x, int32_t left)
{
    const int32_t room = w->in_width - w->kernel_width - x;
    const int32_t count = x < 0 || room < 0 ? 1 : room / w->stride_width + 1;

    return count < left ? count : left;
}

/* An output row from the rows that it sees; null pointers among them are none. */
static TG_NOINLINE void tg_mve_pool_row(const struct tg_pool2d *layer, const int8_t *const *rows, int8_t *out,
                                         void *scratch, tg_mve_cells_function *combine)
{
    const struct tg_window *w = &layer->window;
    const int8_t **const inside = (const int8_t **)scratch;
    struct tg_mve_cells cells;
    int32_t x = -w->pad_left;

    memset(&cells, 0, sizeof cells);
    for (int32_t y = 0; y < w->kernel_height; y++) {
        if (rows[y]) {
            inside[cells.row_count++] = rows[y];
        }
    }
    cells.rows = inside;
    cells.step = layer->channels;
    cells.channels = layer->channels;
    cells.pixel_step = w->stride_width * layer->channels;
    cells.out = out;
    for (int32_t left = w->out_width; left > 0; left -= cells.pixels) {
        const int32_t begin = x < 0 ? 0 : x;
        const int32_t end = x + w->kernel_width < w->in_width ? x + w->kernel_width : w->in_width;

        cells.offset = begin * layer->channels;
        cells.columns = end - begin;
        cells.pixels = tg_mve_equal_windows(w, x, left);
        combine(&cells);
        cells.out += cells.pixels * layer->channels;
        x += cells.pixels * w->stride_width;
    }
    tg_mve_clamp(out, w->out_width * layer->channels, layer->out_min, layer->out_max);
}

TG_INLINE void tg_mve_pool_rows(const struct tg_pool2d *layer, const int8_t *const *rows, int8_t *const *out,
                                int32_t row_count, void *scratch, tg_mve_cells_function *combine)
{
    for (int32_t y = 0; y < row_count; y++) {
        tg_mve_pool_row(layer, rows + y * layer->window.stride_height, out[y], scratch, combine);
    }
}

TG_INLINE void tg_mve_pool_whole(const struct tg_pool2d *layer, const int8_t *in, int8_t *out, void *scratch,
                                 tg_mve_cells_function *combine)
{
    const struct tg_window *w = &layer->window;
    const int8_t **const rows = (const int8_t **)scratch;

    for (int32_t y = 0; y < w->out_height; y++) {
        tg_window_rows(w, in, w->in_width * layer->channels, 0, y, rows);
        tg_mve_pool_row(layer, rows, out, scratch, combine);
        out += w->out_width * layer->channels;
    }
}

#endif
