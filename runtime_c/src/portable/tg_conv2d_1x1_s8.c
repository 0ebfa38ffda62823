/* Convolution with kernels of one cell: every pixel is a vector that lies in the input already. See tg_conv2d.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d.h"
#include "tg_dense_one_s8.h"
#include "tg_dense_two_s8.h"

/* `count` outputs side by side from pixels in_step bytes apart. */
static void convolve_pixels(const struct tg_conv2d *layer, const int8_t *in, int32_t in_step, int8_t *out,
                            int32_t count)
{
    const int32_t out_step = layer->out_channels;
    struct tg_dense dense;

    dense.weights = layer->weights;
    dense.requantization = &layer->requantization;
    dense.depth = layer->in_channels;
    dense.channels = layer->out_channels;
    dense.first_channel = 0;
    for (; count >= 2; count -= 2) {
        tg_dense_two_s8(&dense, in, in + in_step, out, out_step);
        in += 2 * in_step;
        out += 2 * out_step;
    }
    if (count > 0) {
        tg_dense_one_s8(&dense, in, 0, out);
    }
}

TG_KERNEL void tg_conv2d_1x1_s8_rows(const struct tg_conv2d *layer, const int8_t *const *rows,
                                     int8_t *const *out, int32_t row_count)
{
    const struct tg_window *w = &layer->window;

    for (int32_t i = 0; i < row_count; i++) {
        convolve_pixels(layer, rows[i * w->stride_height], w->stride_width * layer->in_channels, out[i],
                        w->out_width);
    }
}

/* With stride 1 the rows of the tensor are one long row. */
TG_KERNEL void tg_conv2d_1x1_s8(const struct tg_conv2d *layer, const int8_t *in, int8_t *out)
{
    const struct tg_window *w = &layer->window;
    const int contiguous = w->stride_height == 1 && w->stride_width == 1;
    const int32_t runs = contiguous ? 1 : w->out_height;
    const int32_t pixels = contiguous ? w->out_height * w->out_width : w->out_width;

    for (int32_t i = 0; i < runs; i++) {
        convolve_pixels(layer, in, w->stride_width * layer->in_channels, out, pixels);
        in += w->stride_height * w->in_width * layer->in_channels;
        out += pixels * layer->out_channels;
    }
}
