/* A convolution for Armv6-M around the products of a window, which is gathered into words. See tg_conv2d_lanes_v6m.h.
 *
 * Who includes this defines LAYER, the struct of the layer, and implements what is declared first here.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_GATHERED_CORE_V6M_H
#define TG_CONV2D_GATHERED_CORE_V6M_H

#include "tg_rows.h"

/* Room for a row pointer in scratch, on every core. */
#define POINTER_BYTES 8

/* Where things are in scratch. */
struct room {
    const int8_t **rows;
    int32_t *x;
    int32_t *x_end;
    int32_t *sums;
    int8_t *cells;
};

/* Words of a gathered window, and sums of a pixel. */
TG_INLINE int32_t words_of(const LAYER *layer);
TG_INLINE int32_t sums_of(const LAYER *layer);

/* The outputs of one group for some pixels, the first of which has its window at `cells`, `step` bytes apart. */
static void compute_pixels(const LAYER *layer, const struct room *room, const int8_t *cells, int32_t step,
                           int32_t group, int8_t *out);

static struct room room_in(const LAYER *layer, void *scratch)
{
    const int32_t pointer_words = tg_window_extent(&layer->window) * (POINTER_BYTES / 4);
    struct room room;

    room.rows = (const int8_t **)scratch;
    room.x = (int32_t *)scratch + pointer_words;
    room.x_end = room.x + words_of(layer);
    room.sums = room.x_end;
    room.cells = (int8_t *)(room.sums + sums_of(layer));
    if (layer->row_bytes != 0) {
        memset(room.cells, layer->in_zero_point, (size_t)(layer->window.kernel_height * layer->row_bytes));
    }
    return room;
}

static void copy_cells(int8_t *to, const int8_t *from, int32_t size)
{
#if defined(__GNUC__)
    if ((((uintptr_t)to | (uintptr_t)from) & 3u) == 0) {
        for (; size >= 16; size -= 16) {
            memcpy(__builtin_assume_aligned(to, 4), __builtin_assume_aligned(from, 4), 16);
            to += 16;
            from += 16;
        }
    }
#endif
    for (; size > 0; size--) {
        *to++ = *from++;
    }
}

/* The cells under the first window of an output row. */
static const int8_t *cells_under(const LAYER *layer, const struct room *room, const int8_t *const *rows)
{
    const struct tg_window *w = &layer->window;
    int8_t *to = room->cells + layer->lead_bytes;

    if (layer->row_bytes == 0) {
        return rows[0];
    }
    for (int32_t ky = 0; ky < w->kernel_height; ky++) {
        copy_cells(to, rows[ky * w->dilation_height], w->in_width * layer->in_channels);
        to += layer->row_bytes;
    }
    return room->cells;
}

static void compute_row(const LAYER *layer, const struct room *room, const int8_t *const *rows, int8_t *out)
{
    const int8_t *const cells = cells_under(layer, room, rows);
    const int32_t step = layer->window.stride_width * layer->in_channels;

    for (int32_t group = 0; group < layer->groups; group++) {
        compute_pixels(layer, room, cells + group * (layer->in_channels / layer->groups), step, group,
                       out + group * (layer->out_channels / layer->groups));
    }
}

TG_INLINE void compute_rows(const LAYER *layer, const int8_t *const *rows, int8_t *const *out, int32_t row_count,
                            void *scratch)
{
    const struct room room = room_in(layer, scratch);

    for (int32_t i = 0; i < row_count; i++) {
        compute_row(layer, &room, rows + i * layer->window.stride_height, out[i]);
    }
}

TG_INLINE void compute_whole(const LAYER *layer, const int8_t *in, int8_t *out, void *scratch)
{
    const struct tg_window *w = &layer->window;
    const struct room room = room_in(layer, scratch);

    for (int32_t oy = 0; oy < w->out_height; oy++) {
        tg_window_rows(w, in, w->in_width * layer->in_channels, layer->pad_row, oy, room.rows);
        compute_row(layer, &room, room.rows, out);
        out += w->out_width * layer->out_channels;
    }
}

#endif
