/* The convolution for every kind of dense product. See tg_conv2d.h.
 *
 * The cells under the window of an output are first gathered side by side, padding included; after that a
 * convolution is a dense layer, whatever its padding, dilation and groups are.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_CORE_H
#define TG_CONV2D_CORE_H

#include "tg_conv2d.h"
#include "tg_dense.h"
#include "tg_fixedpoint.h"
#include "tg_rows.h"

/* memcpy for the few bytes of a kernel row, which are not worth a call. */
TG_INLINE int8_t *tg_copy_cells(int8_t *to, const int8_t *from, int32_t size)
{
    for (; size >= 4; size -= 4) {
        memcpy(to, from, 4);
        to += 4;
        from += 4;
    }
    for (; size > 0; size--) {
        *to++ = *from++;
    }
    return to;
}

TG_INLINE int8_t *tg_fill_cells(int8_t *to, int32_t value, int32_t size)
{
    for (; size > 0; size--) {
        *to++ = (int8_t)value;
    }
    return to;
}

/* Copies one kernel row whose taps lie side by side: kernel_width * in_channels bytes. */
TG_INLINE int8_t *tg_conv2d_gather_run(const struct tg_conv2d *layer, const int8_t *row, int32_t first_x,
                                       int8_t *patch)
{
    const int32_t taps = layer->window.kernel_width;
    const int32_t channels = layer->in_channels;
    const int32_t left = tg_clamp(-first_x, 0, taps);
    const int32_t right = tg_clamp(first_x + taps - layer->window.in_width, 0, taps);
    const int32_t inside = taps - left - right;

    patch = tg_fill_cells(patch, layer->in_zero_point, left * channels);
    if (inside > 0) {
        patch = tg_copy_cells(patch, row + (first_x + left) * channels, inside * channels);
    }
    return tg_fill_cells(patch, layer->in_zero_point, right * channels);
}

/* Copies one kernel row tap by tap, `channels` bytes from each. */
TG_INLINE int8_t *tg_conv2d_gather_taps(const struct tg_conv2d *layer, const int8_t *row, int32_t first_x,
                                        int32_t channels, int8_t *patch)
{
    const struct tg_window *w = &layer->window;
    int32_t x = first_x;

    for (int32_t kx = 0; kx < w->kernel_width; kx++) {
        if (x >= 0 && x < w->in_width) {
            patch = tg_copy_cells(patch, row + x * layer->in_channels, channels);
        } else {
            patch = tg_fill_cells(patch, layer->in_zero_point, channels);
        }
        x += w->dilation_width;
    }
    return patch;
}

/* Gathers what the window of output column ox sees of one group, from its first channel on. */
static TG_NOINLINE void tg_conv2d_gather(const struct tg_conv2d *layer, const int8_t *const *rows,
                                         int32_t ox, int32_t first_channel, int8_t *patch)
{
    const struct tg_window *w = &layer->window;
    const int32_t first_x = ox * w->stride_width - w->pad_left;
    const int32_t per_group = layer->in_channels / layer->groups;
    const int side_by_side = w->dilation_width == 1 && layer->groups == 1;

    for (int32_t ky = 0; ky < w->kernel_height; ky++) {
        const int8_t *row = rows[ky * w->dilation_height] + first_channel;

        patch = side_by_side ? tg_conv2d_gather_run(layer, row, first_x, patch)
                             : tg_conv2d_gather_taps(layer, row, first_x, per_group, patch);
    }
}

/* One group of one output row. `patch` has room for two gathered windows. */
TG_INLINE void tg_conv2d_group(const struct tg_conv2d *layer, const struct tg_dense *dense,
                               const int8_t *const *rows, int32_t first_in_channel, int8_t *out,
                               int8_t *patch, tg_dense_pixels *pixels)
{
    const int32_t width = layer->window.out_width;
    const int32_t step = layer->out_step;
    int32_t ox = 0;

    for (; ox + 2 <= width; ox += 2) {
        tg_conv2d_gather(layer, rows, ox, first_in_channel, patch);
        tg_conv2d_gather(layer, rows, ox + 1, first_in_channel, patch + dense->depth);
        pixels(dense, patch, patch + dense->depth, out, step);
        out += 2 * step;
    }
    if (ox < width) {
        tg_conv2d_gather(layer, rows, ox, first_in_channel, patch);
        pixels(dense, patch, 0, out, step);
    }
}

/* One output row from the rows under its windows. */
TG_INLINE void tg_conv2d_row(const struct tg_conv2d *layer, const int8_t *const *rows, int8_t *out,
                             int8_t *patch, tg_dense_pixels *pixels)
{
    const struct tg_window *w = &layer->window;
    const int32_t in_per_group = layer->in_channels / layer->groups;
    const int32_t out_per_group = layer->out_channels / layer->groups;
    struct tg_dense dense;

    dense.weights = layer->weights;
    dense.requantization = &layer->requantization;
    dense.depth = w->kernel_height * w->kernel_width * in_per_group;
    dense.channels = out_per_group;
    dense.first_channel = 0;
    for (int32_t first_in = 0; first_in < layer->in_channels; first_in += in_per_group) {
        tg_conv2d_group(layer, &dense, rows, first_in, out + dense.first_channel, patch, pixels);
        dense.weights += dense.depth * out_per_group;
        dense.first_channel += out_per_group;
    }
}

TG_INLINE void tg_conv2d_some_rows(const struct tg_conv2d *layer, const int8_t *const *rows,
                                   int8_t *const *out, int32_t row_count, void *scratch,
                                   tg_dense_pixels *pixels)
{
    for (int32_t i = 0; i < row_count; i++) {
        tg_conv2d_row(layer, rows + i * layer->window.stride_height, out[i], (int8_t *)scratch, pixels);
    }
}

/* `scratch`: row pointers, then two gathered windows. */
TG_INLINE void tg_conv2d_whole(const struct tg_conv2d *layer, const int8_t *in, int8_t *out, void *scratch,
                               tg_dense_pixels *pixels)
{
    const struct tg_window *w = &layer->window;
    const int32_t in_row = w->in_width * layer->in_channels;
    const int32_t out_row = w->out_width * layer->out_step;
    const int8_t **rows = (const int8_t **)scratch;
    int8_t *patch = (int8_t *)(rows + tg_window_extent(w));

    for (int32_t oy = 0; oy < w->out_height; oy++) {
        tg_window_rows(w, in, in_row, layer->pad_row, oy, rows);
        tg_conv2d_row(layer, rows, out, patch, pixels);
        out += out_row;
    }
}

#endif
