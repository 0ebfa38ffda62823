/* Depthwise convolution with 3x3 windows. See tg_depthwise_conv2d.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_conv2d_core.h"

/* sums[0 .. 4) = weights times the cells of four neighbouring outputs, from column x of the lines on. Every cell is
 * loaded once and multiplied with all that it meets. */
static TG_NOINLINE void convolve_four_stride_1(const int8_t *const *lines, int32_t x, const int8_t *w,
                                               int32_t *sums)
{
    const int8_t *const w_end = w + 9;
    int32_t a0 = 0;
    int32_t a1 = 0;
    int32_t a2 = 0;
    int32_t a3 = 0;

    while (w != w_end) {
        const int8_t *const cell = *lines++ + x;
        const int32_t w0 = *w++;
        const int32_t w1 = *w++;
        const int32_t w2 = *w++;
        int32_t v = cell[0];

        a0 += w0 * v;
        v = cell[1];
        a0 += w1 * v;
        a1 += w0 * v;
        v = cell[2];
        a0 += w2 * v;
        a1 += w1 * v;
        a2 += w0 * v;
        v = cell[3];
        a1 += w2 * v;
        a2 += w1 * v;
        a3 += w0 * v;
        v = cell[4];
        a2 += w2 * v;
        a3 += w1 * v;
        v = cell[5];
        a3 += w2 * v;
    }
    sums[0] = a0;
    sums[1] = a1;
    sums[2] = a2;
    sums[3] = a3;
}

static TG_NOINLINE void convolve_four_stride_2(const int8_t *const *lines, int32_t x, const int8_t *w,
                                               int32_t *sums)
{
    const int8_t *const w_end = w + 9;
    int32_t a0 = 0;
    int32_t a1 = 0;
    int32_t a2 = 0;
    int32_t a3 = 0;

    while (w != w_end) {
        const int8_t *const cell = *lines++ + x;
        const int32_t w0 = *w++;
        const int32_t w1 = *w++;
        const int32_t w2 = *w++;
        int32_t v = cell[2];

        a0 += w0 * cell[0];
        a0 += w1 * cell[1];
        a0 += w2 * v;
        a1 += w0 * v;
        v = cell[4];
        a1 += w1 * cell[3];
        a1 += w2 * v;
        a2 += w0 * v;
        v = cell[6];
        a2 += w1 * cell[5];
        a2 += w2 * v;
        a3 += w0 * v;
        a3 += w1 * cell[7];
        a3 += w2 * cell[8];
    }
    sums[0] = a0;
    sums[1] = a1;
    sums[2] = a2;
    sums[3] = a3;
}

/* Weights times the cells of one output. */
static TG_NOINLINE int32_t convolve_one(const int8_t *const *lines, int32_t x, const int8_t *w)
{
    int32_t acc = 0;

    for (int32_t ky = 0; ky < 3; ky++) {
        const int8_t *cell = lines[ky] + x;

        acc += w[0] * cell[0];
        acc += w[1] * cell[1];
        acc += w[2] * cell[2];
        w += 3;
    }
    return acc;
}

static TG_NOINLINE void convolve_line(const struct tg_depthwise_conv2d *layer,
                                      const struct tg_depthwise_channel *channel,
                                      const int8_t *const *lines, int8_t *out)
{
    const int32_t stride = layer->window.stride_width;
    const int32_t out_step = layer->in_channels * layer->channel_multiplier;
    int32_t left = layer->window.out_width;
    int32_t x = 0;
    int32_t sums[TG_DEPTHWISE_BLOCK];

    while (left > 0) {
        const int32_t count = left < TG_DEPTHWISE_BLOCK ? left : (int32_t)TG_DEPTHWISE_BLOCK;
        int32_t i = 0;

        for (; i + 4 <= count; i += 4) {
            if (stride == 1) {
                convolve_four_stride_1(lines, x, channel->weights, sums + i);
            } else {
                convolve_four_stride_2(lines, x, channel->weights, sums + i);
            }
            x += 4 * stride;
        }
        for (; i < count; i++) {
            sums[i] = convolve_one(lines, x, channel->weights);
            x += stride;
        }
        tg_depthwise_finish(layer, channel, sums, count, out);
        out += count * out_step;
        left -= count;
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
