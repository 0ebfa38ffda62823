/* The portable depthwise convolution, compiled once per arithmetic and kind of window. See tg_depthwise_conv2d.h.
 *
 * Channel by channel, the input rows under the window are copied into lines: one channel of a row side by side,
 * padding on both ends included. Lines move up as the window moves down, so every input cell is copied once. Four
 * neighbouring outputs share the loads of the weights and, in the 3x3 form, of the cells.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_CONV2D_CORE_H
#define TG_DEPTHWISE_CONV2D_CORE_H

#include "tg_depthwise_conv2d.h"
#include "tg_fixedpoint.h"
#include "tg_rows.h"

/* Which loops a kernel is compiled with; always a compile-time constant. */
enum tg_depthwise_window { TG_ANY_WINDOW, TG_3X3_WINDOW };

/* Where rows come from and go to: tensors (in, out) or, where `rows` is given, pointers to rows. */
struct tg_depthwise_io {
    const int8_t *in;
    int8_t *out;
    const int8_t *const *rows;
    int8_t *const *out_rows;
    int32_t row_count;
};

/* Input row i of the call, counted from the first row under the first window. */
TG_INLINE const int8_t *tg_depthwise_in_row(const struct tg_depthwise_conv2d *layer,
                                            const struct tg_depthwise_io *io, int32_t i)
{
    const int32_t y = i - layer->window.pad_top;

    if (io->rows) {
        return io->rows[i];
    }
    return y >= 0 && y < layer->window.in_height ? io->in + y * layer->window.in_width * layer->in_channels
                                                 : layer->pad_row;
}

TG_INLINE int8_t *tg_depthwise_out_row(const struct tg_depthwise_conv2d *layer,
                                       const struct tg_depthwise_io *io, int32_t i)
{
    return io->rows ? io->out_rows[i]
                    : io->out + i * layer->window.out_width * layer->in_channels * layer->channel_multiplier;
}

/* Drops the oldest line and copies one channel of a row, `step` bytes apart, into its place as the newest. */
TG_INLINE void tg_depthwise_next_line(int8_t **lines, int32_t extent, const int8_t *row, int32_t left,
                                      int32_t width, int32_t step)
{
    int8_t *const newest = lines[0];
    int8_t *to = newest + left;
    const int8_t *const end = to + width;

    for (int32_t i = 1; i < extent; i++) {
        lines[i - 1] = lines[i];
    }
    lines[extent - 1] = newest;
    while (to != end) {
        *to++ = *row;
        row += step;
    }
}

/* sums[0 .. count) += weights times the cells of `count` outputs from column x of the lines on; count is 1 or 4. */
TG_INLINE void tg_depthwise_any(const struct tg_window *window, int8_t *const *lines, int32_t x,
                                const int8_t *w, int32_t count, int32_t *sums)
{
    const int32_t step = window->stride_width;
    int32_t acc[4] = {sums[0], sums[1], sums[2], sums[3]};

    for (int32_t ky = 0; ky < window->kernel_height; ky++) {
        const int8_t *cell = lines[ky * window->dilation_height] + x;
        const int8_t *const w_end = w + window->kernel_width;

        while (w != w_end) {
            const int32_t v = *w++;

            for (int32_t i = 0; i < count; i++) {
                acc[i] += v * cell[i * step];
            }
            cell += window->dilation_width;
        }
    }
    for (int32_t i = 0; i < count; i++) {
        sums[i] = acc[i];
    }
}

/* The same for 3x3 windows; `step`, the stride, is a compile-time constant. */
TG_INLINE void tg_depthwise_3x3(int8_t *const *lines, int32_t x, const int8_t *w, int32_t step, int32_t count,
                                int32_t *sums)
{
    int32_t acc[4] = {sums[0], sums[1], sums[2], sums[3]};

    for (int32_t ky = 0; ky < 3; ky++) {
        const int8_t *cell = lines[ky] + x;
        const int32_t w0 = w[0];
        const int32_t w1 = w[1];
        const int32_t w2 = w[2];

        for (int32_t i = 0; i < count; i++) {
            acc[i] += w0 * cell[i * step] + w1 * cell[i * step + 1] + w2 * cell[i * step + 2];
        }
        w += 3;
    }
    for (int32_t i = 0; i < count; i++) {
        sums[i] = acc[i];
    }
}

/* The sums of `count` neighbouring outputs of a channel. */
TG_INLINE void tg_depthwise_sums(const struct tg_window *window, int8_t *const *lines, int32_t x,
                                 const int8_t *w, int32_t count, int32_t *sums,
                                 enum tg_depthwise_window kind)
{
    if (kind == TG_ANY_WINDOW) {
        tg_depthwise_any(window, lines, x, w, count, sums);
    } else if (window->stride_width == 1) {
        tg_depthwise_3x3(lines, x, w, 1, count, sums);
    } else {
        tg_depthwise_3x3(lines, x, w, 2, count, sums);
    }
}

/* One output channel of one output row from the lines under its windows. */
TG_INLINE void tg_depthwise_one_line(const struct tg_depthwise_conv2d *layer, int8_t *const *lines,
                                     int32_t channel, int8_t *out, enum tg_arithmetic arithmetic,
                                     enum tg_depthwise_window kind)
{
    const struct tg_window *window = &layer->window;
    const int32_t out_step = layer->in_channels * layer->channel_multiplier;
    const int32_t bias = layer->bias[channel];
    const int8_t *w = layer->weights + channel * window->kernel_height * window->kernel_width;
    int32_t ox = 0;

    for (; ox + 4 <= window->out_width; ox += 4) {
        int32_t sums[4] = {bias, bias, bias, bias};

        tg_depthwise_sums(window, lines, ox * window->stride_width, w, 4, sums, kind);
        for (int32_t i = 0; i < 4; i++) {
            *out = tg_finish(sums[i], &layer->requantization, channel, arithmetic);
            out += out_step;
        }
    }
    for (; ox < window->out_width; ox++) {
        int32_t sums[4] = {bias, 0, 0, 0};

        tg_depthwise_sums(window, lines, ox * window->stride_width, w, 1, sums, kind);
        *out = tg_finish(sums[0], &layer->requantization, channel, arithmetic);
        out += out_step;
    }
}

/* One input channel: all its output channels in all output rows. */
TG_INLINE void tg_depthwise_channel(const struct tg_depthwise_conv2d *layer, const struct tg_depthwise_io *io,
                                    int8_t **lines, int32_t c, enum tg_arithmetic arithmetic,
                                    enum tg_depthwise_window kind)
{
    const struct tg_window *window = &layer->window;
    const int32_t extent = tg_window_extent(window);
    const int32_t multiplier = layer->channel_multiplier;
    int32_t fresh = extent; /* lines that the next output row does not share with the one before */

    for (int32_t oy = 0; oy < io->row_count; oy++) {
        const int32_t end = oy * window->stride_height + extent;
        int8_t *const out = tg_depthwise_out_row(layer, io, oy) + c * multiplier;

        for (int32_t i = end - fresh; i < end; i++) {
            tg_depthwise_next_line(lines, extent, tg_depthwise_in_row(layer, io, i) + c, window->pad_left,
                                   window->in_width, layer->in_channels);
        }
        for (int32_t m = 0; m < multiplier; m++) {
            tg_depthwise_one_line(layer, lines, c * multiplier + m, out + m, arithmetic, kind);
        }
        fresh = window->stride_height < extent ? window->stride_height : extent;
    }
}

/* `scratch`: pointers to the lines, then the lines. */
TG_INLINE void tg_depthwise_conv2d_channels(const struct tg_depthwise_conv2d *layer,
                                            const struct tg_depthwise_io *io, void *scratch,
                                            enum tg_arithmetic arithmetic, enum tg_depthwise_window kind)
{
    const struct tg_window *window = &layer->window;
    const int32_t extent = tg_window_extent(window);
    const int32_t line_bytes = window->pad_left + window->in_width + window->pad_right;
    int8_t **lines = (int8_t **)scratch;
    int8_t *memory = (int8_t *)(lines + extent);

    for (int32_t i = 0; i < extent; i++) {
        memset(memory, layer->in_zero_point, (size_t)line_bytes);
        lines[i] = memory;
        memory += line_bytes;
    }
    for (int32_t c = 0; c < layer->in_channels; c++) {
        tg_depthwise_channel(layer, io, lines, c, arithmetic, kind);
    }
}

TG_INLINE void tg_depthwise_conv2d_some_rows(const struct tg_depthwise_conv2d *layer,
                                             const int8_t *const *rows, int8_t *const *out,
                                             int32_t row_count, void *scratch,
                                             enum tg_arithmetic arithmetic, enum tg_depthwise_window kind)
{
    const struct tg_depthwise_io io = {0, 0, rows, out, row_count};

    tg_depthwise_conv2d_channels(layer, &io, scratch, arithmetic, kind);
}

TG_INLINE void tg_depthwise_conv2d_whole(const struct tg_depthwise_conv2d *layer, const int8_t *in,
                                         int8_t *out, void *scratch, enum tg_arithmetic arithmetic,
                                         enum tg_depthwise_window kind)
{
    const struct tg_depthwise_io io = {in, out, 0, 0, layer->window.out_height};

    tg_depthwise_conv2d_channels(layer, &io, scratch, arithmetic, kind);
}

#endif
