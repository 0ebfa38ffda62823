/* The convolution with kernels of one cell for every kind of dense product: every pixel is a vector that lies in the
 * input already. See tg_conv2d.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_1X1_CORE_H
#define TG_CONV2D_1X1_CORE_H

#include "tg_conv2d.h"
#include "tg_dense.h"

/* `count` outputs side by side from pixels in_step bytes apart. */
TG_INLINE void tg_conv2d_1x1_run(const struct tg_conv2d *layer, const int8_t *in, int32_t in_step,
                                 int8_t *out, int32_t count, tg_dense_pixels *pixels)
{
    const int32_t out_step = layer->out_step;
    struct tg_dense dense;

    dense.weights = layer->weights;
    dense.requantization = &layer->requantization;
    dense.depth = layer->in_channels;
    dense.channels = layer->out_channels;
    dense.first_channel = 0;
    for (; count >= 2; count -= 2) {
        pixels(&dense, in, in + in_step, out, out_step);
        in += 2 * in_step;
        out += 2 * out_step;
    }
    if (count > 0) {
        pixels(&dense, in, 0, out, out_step);
    }
}

TG_INLINE void tg_conv2d_1x1_some_rows(const struct tg_conv2d *layer, const int8_t *const *rows,
                                       int8_t *const *out, int32_t row_count, tg_dense_pixels *pixels)
{
    const struct tg_window *w = &layer->window;

    for (int32_t i = 0; i < row_count; i++) {
        tg_conv2d_1x1_run(layer, rows[i * w->stride_height], w->stride_width * layer->in_channels, out[i],
                          w->out_width, pixels);
    }
}

/* With stride 1 the rows of the tensor are one long row. */
TG_INLINE void tg_conv2d_1x1_whole(const struct tg_conv2d *layer, const int8_t *in, int8_t *out,
                                   tg_dense_pixels *pixels)
{
    const struct tg_window *w = &layer->window;
    const int contiguous = w->stride_height == 1 && w->stride_width == 1;
    const int32_t runs = contiguous ? 1 : w->out_height;
    const int32_t count = contiguous ? w->out_height * w->out_width : w->out_width;

    for (int32_t i = 0; i < runs; i++) {
        tg_conv2d_1x1_run(layer, in, w->stride_width * layer->in_channels, out, count, pixels);
        in += w->stride_height * w->in_width * layer->in_channels;
        out += count * layer->out_step;
    }
}

#endif
