/* The portable depthwise convolution, compiled once per kind of window. See tg_depthwise_conv2d.h.
 *
 * Channel by channel, the input rows under the window are copied into lines: one channel of a row side by side,
 * padding on both ends included. A row takes the place of the oldest line, so for each output channel every input cell
 * is copied once.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_CONV2D_CORE_H
#define TG_DEPTHWISE_CONV2D_CORE_H

#include "tg_depthwise_conv2d.h"
#include "tg_requantize_s8.h"
#include "tg_rows.h"

/* How many outputs are summed before they are finished together. */
enum { TG_DEPTHWISE_BLOCK = 8 };

/* One output channel: its weights, and its constants of TG_ONE_SHIFT. */
struct tg_depthwise_channel {
    const int8_t *weights;
    int32_t index;
    int32_t bias;
    int32_t multiplier;
    int32_t shift;
};

/* Computes one row of an output channel; lines[0 .. extent) lie under its windows. */
typedef void tg_depthwise_line(const struct tg_depthwise_conv2d *layer,
                               const struct tg_depthwise_channel *channel, const int8_t *const *lines,
                               int8_t *out);

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

/* Copies one channel of a row into a line, between its padding. */
TG_INLINE void tg_depthwise_copy(const struct tg_depthwise_conv2d *layer, const int8_t *row, int8_t *line)
{
    const int32_t step = layer->in_channels;
    const int8_t *const end = row + layer->window.in_width * step;

    line += layer->window.pad_left;
    while (row != end) {
        *line++ = *row;
        row += step;
    }
}

TG_INLINE struct tg_depthwise_channel tg_depthwise_output(const struct tg_depthwise_conv2d *layer,
                                                          int32_t index)
{
    const struct tg_requantization *const r = &layer->requantization;
    struct tg_depthwise_channel channel;

    channel.weights = layer->weights + index * layer->window.kernel_height * layer->window.kernel_width;
    channel.index = index;
    channel.bias = r->biases[index];
    channel.multiplier = r->multipliers[index * r->channel_step];
    channel.shift = *r->shifts;
    return channel;
}

/* From `count` sums of neighbouring outputs of a channel to int8. */
TG_INLINE void tg_depthwise_finish(const struct tg_depthwise_conv2d *layer,
                                   const struct tg_depthwise_channel *channel, const int32_t *sums,
                                   int32_t count, int8_t *out)
{
    const struct tg_requantization *const r = &layer->requantization;
    const struct tg_depthwise_channel c = *channel;
    const int32_t step = layer->in_channels * layer->channel_multiplier;
    const int32_t prescale = r->prescale;
    const int32_t *const end = sums + count;

    if (r->form != TG_ONE_SHIFT || r->out_min != -128 || r->out_max != 127) {
        tg_requantize_s8(r, c.index, 1, sums, count, out, step);
        return;
    }
    do {
        const int32_t t = tg_scaled_sum(*sums++, prescale, c.bias);

        *out = (int8_t)tg_saturate_s8(tg_multiply_high(t, c.multiplier) >> c.shift);
        out += step;
    } while (sums != end);
}

/* One input channel and one of its output channels, in all output rows. */
TG_INLINE void tg_depthwise_rows(const struct tg_depthwise_conv2d *layer, const struct tg_depthwise_io *io,
                                 int8_t **lines, int32_t in_channel,
                                 const struct tg_depthwise_channel *channel, tg_depthwise_line *line)
{
    const int32_t extent = tg_window_extent(&layer->window);
    const int32_t stride = layer->window.stride_height;
    int32_t oldest = 0; /* index of the line that is replaced next */
    int32_t next = 0;   /* the row that replaces it */

    for (int32_t oy = 0; oy < io->row_count; oy++) {
        next = next < oy * stride ? oy * stride : next;
        for (; next < oy * stride + extent; next++) {
            tg_depthwise_copy(layer, tg_depthwise_in_row(layer, io, next) + in_channel, lines[oldest]);
            oldest = oldest + 1 == extent ? 0 : oldest + 1;
        }
        line(layer, channel, (const int8_t *const *)lines + oldest,
             tg_depthwise_out_row(layer, io, oy) + channel->index);
    }
}

/* `scratch`: pointers to the lines, all of them twice, so that the lines follow each other from any one on; then
 * the lines. */
TG_INLINE void tg_depthwise_all(const struct tg_depthwise_conv2d *layer, const struct tg_depthwise_io *io,
                                void *scratch, tg_depthwise_line *line)
{
    const struct tg_window *window = &layer->window;
    const int32_t extent = tg_window_extent(window);
    const int32_t line_bytes = window->pad_left + window->in_width + window->pad_right;
    const int32_t multiplier = layer->channel_multiplier;
    int8_t **lines = (int8_t **)scratch;
    int8_t *memory = (int8_t *)(lines + 2 * extent);

    memset(memory, layer->in_zero_point, (size_t)(extent * line_bytes));
    for (int32_t i = 0; i < extent; i++) {
        lines[i] = memory;
        lines[i + extent] = memory;
        memory += line_bytes;
    }
    for (int32_t c = 0; c < layer->in_channels; c++) {
        for (int32_t m = 0; m < multiplier; m++) {
            const struct tg_depthwise_channel channel = tg_depthwise_output(layer, c * multiplier + m);

            tg_depthwise_rows(layer, io, lines, c, &channel, line);
        }
    }
}

TG_INLINE void tg_depthwise_some_rows(const struct tg_depthwise_conv2d *layer, const int8_t *const *rows,
                                      int8_t *const *out, int32_t row_count, void *scratch,
                                      tg_depthwise_line *line)
{
    const struct tg_depthwise_io io = {0, 0, rows, out, row_count};

    tg_depthwise_all(layer, &io, scratch, line);
}

TG_INLINE void tg_depthwise_whole(const struct tg_depthwise_conv2d *layer, const int8_t *in, int8_t *out,
                                  void *scratch, tg_depthwise_line *line)
{
    const struct tg_depthwise_io io = {in, out, 0, 0, layer->window.out_height};

    tg_depthwise_all(layer, &io, scratch, line);
}

#endif
