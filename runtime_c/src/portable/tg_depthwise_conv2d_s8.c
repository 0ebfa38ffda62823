/* Depthwise convolution with any window. See tg_depthwise_conv2d.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_conv2d_core.h"

/* sums[0 .. 4) = weights times the cells of four neighbouring outputs, from column x of the lines on. */
static TG_NOINLINE void convolve_four(const struct tg_window *window, const int8_t *const *lines, int32_t x,
                                      const int8_t *w, int32_t *sums)
{
    const int32_t step = window->stride_width;
    int32_t a0 = 0;
    int32_t a1 = 0;
    int32_t a2 = 0;
    int32_t a3 = 0;

    for (int32_t ky = 0; ky < window->kernel_height; ky++) {
        const int8_t *cell = lines[ky * window->dilation_height] + x;
        const int8_t *const w_end = w + window->kernel_width;

        while (w != w_end) {
            const int32_t v = *w++;

            a0 += v * cell[0];
            a1 += v * cell[step];
            a2 += v * cell[2 * step];
            a3 += v * cell[3 * step];
            cell += window->dilation_width;
        }
    }
    sums[0] = a0;
    sums[1] = a1;
    sums[2] = a2;
    sums[3] = a3;
}

/* Weights times the cells of one output. */
static TG_NOINLINE int32_t convolve_one(const struct tg_window *window, const int8_t *const *lines, int32_t x,
                                        const int8_t *w)
{
    int32_t acc = 0;

    for (int32_t ky = 0; ky < window->kernel_height; ky++) {
        const int8_t *cell = lines[ky * window->dilation_height] + x;
        const int8_t *const w_end = w + window->kernel_width;

        while (w != w_end) {
            acc += *w++ * *cell;
            cell += window->dilation_width;
        }
    }
    return acc;
}

static TG_NOINLINE void convolve_line(const struct tg_depthwise_conv2d *layer,
                                      const struct tg_depthwise_channel *channel,
                                      const int8_t *const *lines, int8_t *out)
{
    const struct tg_window *window = &layer->window;
    const int32_t stride = window->stride_width;
    const int32_t out_step = layer->in_channels * layer->channel_multiplier;
    int32_t left = window->out_width;
    int32_t x = 0;
    int32_t sums[TG_DEPTHWISE_BLOCK];

    while (left > 0) {
        const int32_t count = left < TG_DEPTHWISE_BLOCK ? left : (int32_t)TG_DEPTHWISE_BLOCK;
        int32_t i = 0;

        for (; i + 4 <= count; i += 4) {
            convolve_four(window, lines, x, channel->weights, sums + i);
            x += 4 * stride;
        }
        for (; i < count; i++) {
            sums[i] = convolve_one(window, lines, x, channel->weights);
            x += stride;
        }
        tg_depthwise_finish(layer, channel, sums, count, out);
        out += count * out_step;
        left -= count;
    }
}

TG_KERNEL void tg_depthwise_conv2d_s8_rows(const struct tg_depthwise_conv2d *layer, const int8_t *const *rows,
                                           int8_t *const *out, int32_t row_count, void *scratch)
{
    tg_depthwise_some_rows(layer, rows, out, row_count, scratch, convolve_line);
}

TG_KERNEL void tg_depthwise_conv2d_s8(const struct tg_depthwise_conv2d *layer, const int8_t *in, int8_t *out,
                                      void *scratch)
{
    tg_depthwise_whole(layer, in, out, scratch, convolve_line);
}
