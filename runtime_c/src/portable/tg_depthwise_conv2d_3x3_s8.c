/* Depthwise convolution with 3x3 windows. See tg_depthwise_conv2d.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_conv2d_core.h"
#include "tg_requantize_s8.h"

/* sums[0 .. 4) = bias plus weights times the cells of four outputs `step` cells apart, from column x of the lines
 * on; `step` is a compile-time constant. */
TG_INLINE void convolve_four(const int8_t *const *lines, int32_t x, const int8_t *w, int32_t bias, int32_t step,
                             int32_t *sums)
{
    const int8_t *const *const end = lines + 3;
    int32_t a0 = bias;
    int32_t a1 = bias;
    int32_t a2 = bias;
    int32_t a3 = bias;

    while (lines != end) {
        const int8_t *cell = *lines++ + x;
        const int32_t w0 = w[0];
        const int32_t w1 = w[1];
        const int32_t w2 = w[2];

        a0 += w0 * cell[0] + w1 * cell[1] + w2 * cell[2];
        cell += step;
        a1 += w0 * cell[0] + w1 * cell[1] + w2 * cell[2];
        cell += step;
        a2 += w0 * cell[0] + w1 * cell[1] + w2 * cell[2];
        cell += step;
        a3 += w0 * cell[0] + w1 * cell[1] + w2 * cell[2];
        w += 3;
    }
    sums[0] = a0;
    sums[1] = a1;
    sums[2] = a2;
    sums[3] = a3;
}

static TG_NOINLINE void convolve_four_stride_1(const int8_t *const *lines, int32_t x, const int8_t *w,
                                               int32_t bias, int32_t *sums)
{
    convolve_four(lines, x, w, bias, 1, sums);
}

static TG_NOINLINE void convolve_four_stride_2(const int8_t *const *lines, int32_t x, const int8_t *w,
                                               int32_t bias, int32_t *sums)
{
    convolve_four(lines, x, w, bias, 2, sums);
}

static int32_t convolve_one(const int8_t *const *lines, int32_t x, const int8_t *w, int32_t acc)
{
    for (int32_t ky = 0; ky < 3; ky++) {
        const int8_t *cell = lines[ky] + x;

        acc += w[0] * cell[0] + w[1] * cell[1] + w[2] * cell[2];
        w += 3;
    }
    return acc;
}

static TG_NOINLINE void convolve_line(const struct tg_depthwise_conv2d *layer, const int8_t *const *lines,
                                      int32_t channel, int8_t *out)
{
    const int32_t stride = layer->window.stride_width;
    const int32_t out_step = layer->in_channels * layer->channel_multiplier;
    const int32_t bias = layer->bias[channel];
    const int8_t *w = layer->weights + channel * 9;
    int32_t left = layer->window.out_width;
    int32_t x = 0;
    int32_t sums[4];

    for (; left >= 4; left -= 4) {
        if (stride == 1) {
            convolve_four_stride_1(lines, x, w, bias, sums);
        } else {
            convolve_four_stride_2(lines, x, w, bias, sums);
        }
        tg_requantize_s8(&layer->requantization, channel, 1, sums, 4, out, out_step);
        out += 4 * out_step;
        x += 4 * stride;
    }
    for (int32_t i = 0; i < left; i++) {
        sums[i] = convolve_one(lines, x + i * stride, w, bias);
    }
    if (left > 0) {
        tg_requantize_s8(&layer->requantization, channel, 1, sums, left, out, out_step);
    }
}

TG_KERNEL void tg_depthwise_conv2d_3x3_s8_rows(const struct tg_depthwise_conv2d *layer,
                                               const int8_t *const *rows, int8_t *const *out,
                                               int32_t row_count, void *scratch)
{
    tg_depthwise_some_rows(layer, rows, out, row_count, scratch, convolve_line);
}

TG_KERNEL void tg_depthwise_conv2d_3x3_s8(const struct tg_depthwise_conv2d *layer, const int8_t *in,
                                          int8_t *out, void *scratch)
{
    tg_depthwise_whole(layer, in, out, scratch, convolve_line);
}
