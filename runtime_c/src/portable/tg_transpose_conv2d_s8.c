/* Transposed convolution. See tg_transpose_conv2d.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_requantize_s8.h"
#include "tg_transpose_conv2d.h"

/* One input pixel times the weights of one tap. */
static int32_t tap_sum(const int8_t *in, const int8_t *weights, int32_t channels, int32_t zero_point)
{
    int32_t sum = 0;

    for (int32_t i = 0; i < channels; i++) {
        sum += (in[i] - zero_point) * weights[i];
    }
    return sum;
}

/* The taps that reach the output pixel at (y, x) of the whole result, for one channel. */
static int32_t pixel_sum(const struct tg_transpose_conv2d *layer, const int8_t *in, int32_t y, int32_t x,
                         const int8_t *weights)
{
    const int32_t channels = layer->in_channels;
    int32_t sum = 0;
    int32_t iy = y / layer->stride_height;

    for (int32_t ky = y % layer->stride_height; ky < layer->kernel_height && iy >= 0; ky += layer->stride_height) {
        int32_t ix = x / layer->stride_width;

        for (int32_t kx = x % layer->stride_width; kx < layer->kernel_width && ix >= 0; kx += layer->stride_width) {
            if (iy < layer->in_height && ix < layer->in_width) {
                sum += tap_sum(in + (iy * layer->in_width + ix) * channels,
                               weights + (ky * layer->kernel_width + kx) * channels, channels, layer->in_zero_point);
            }
            ix--;
        }
        iy--;
    }
    return sum;
}

TG_KERNEL void tg_transpose_conv2d_s8(const struct tg_transpose_conv2d *layer, const int8_t *in, int8_t *out)
{
    const int32_t of_channel = layer->kernel_height * layer->kernel_width * layer->in_channels;

    for (int32_t oy = 0; oy < layer->out_height; oy++) {
        for (int32_t ox = 0; ox < layer->out_width; ox++) {
            for (int32_t o = 0; o < layer->out_channels; o++) {
                const int8_t *weights = layer->weights + o * of_channel;
                const int32_t sum = pixel_sum(layer, in, oy + layer->top, ox + layer->left, weights);

                tg_requantize_s8(&layer->requantization, o, 1, &sum, 1, out++, 1);
            }
        }
    }
}
