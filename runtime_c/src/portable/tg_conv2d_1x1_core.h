/* The portable convolution with kernels of one cell: every pixel is a vector that lies in the input already.
 * Compiled once per arithmetic. See tg_conv2d.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_1X1_CORE_H
#define TG_CONV2D_1X1_CORE_H

#include "tg_conv2d.h"
#include "tg_dense_core.h"

/* `count` outputs side by side from pixels in_step bytes apart. */
TG_INLINE void tg_conv2d_1x1_pixels(const struct tg_conv2d *layer, const int8_t *in, int32_t in_step,
                                    int8_t *out, int32_t count, enum tg_arithmetic arithmetic)
{
    const int32_t out_step = layer->out_channels;
    struct tg_dense dense;

    dense.weights = layer->weights;
    dense.bias = layer->bias;
    dense.depth = layer->in_channels;
    dense.first_channel = 0;
    dense.channels = layer->out_channels;
    for (; count >= 2; count -= 2) {
        tg_dense_two(&dense, &layer->requantization, in, in + in_step, out, out + out_step, arithmetic);
        in += 2 * in_step;
        out += 2 * out_step;
    }
    if (count > 0) {
        tg_dense_one(&dense, &layer->requantization, in, 0, out, arithmetic);
    }
}

TG_INLINE void tg_conv2d_1x1_some_rows(const struct tg_conv2d *layer, const int8_t *const *rows,
                                       int8_t *const *out, int32_t row_count,
                                       enum tg_arithmetic arithmetic)
{
    const struct tg_window *w = &layer->window;

    for (int32_t i = 0; i < row_count; i++) {
        tg_conv2d_1x1_pixels(layer, rows[i * w->stride_height], w->stride_width * layer->in_channels,
                             out[i], w->out_width, arithmetic);
    }
}

/* The whole tensor; with stride 1 its rows are one long row. */
TG_INLINE void tg_conv2d_1x1_whole(const struct tg_conv2d *layer, const int8_t *in, int8_t *out,
                                   enum tg_arithmetic arithmetic)
{
    const struct tg_window *w = &layer->window;
    const int contiguous = w->stride_height == 1 && w->stride_width == 1;
    const int32_t runs = contiguous ? 1 : w->out_height;
    const int32_t pixels = contiguous ? w->out_height * w->out_width : w->out_width;
    const int32_t in_step = w->stride_width * layer->in_channels;

    for (int32_t i = 0; i < runs; i++) {
        tg_conv2d_1x1_pixels(layer, in, in_step, out, pixels, arithmetic);
        in += w->stride_height * w->in_width * layer->in_channels;
        out += pixels * layer->out_channels;
    }
}

#endif
