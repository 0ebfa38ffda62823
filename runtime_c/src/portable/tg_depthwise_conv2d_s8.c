/* Depthwise convolution with any window. See tg_depthwise_conv2d.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_conv2d_core.h"
#include "tg_requantize_s8.h"

/* sums[0 .. 4) += weights times the cells of four neighbouring outputs, from column x of the lines on. */
static TG_NOINLINE void add_four(const struct tg_window *window, const int8_t *const *lines, int32_t x,
                                 const int8_t *w, int32_t *sums)
{
    const int32_t step = window->stride_width;
    int32_t a0 = sums[0];
    int32_t a1 = sums[1];
    int32_t a2 = sums[2];
    int32_t a3 = sums[3];

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

/* acc plus weights times the cells of one output. */
static TG_NOINLINE int32_t add_one(const struct tg_window *window, const int8_t *const *lines, int32_t x,
                                   const int8_t *w, int32_t acc)
{
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

static TG_NOINLINE void convolve_line(const struct tg_depthwise_conv2d *layer, const int8_t *const *lines,
                                      int32_t channel, int8_t *out)
{
    const struct tg_window *window = &layer->window;
    const int32_t out_step = layer->in_channels * layer->channel_multiplier;
    const int32_t bias = layer->bias[channel];
    const int8_t *w = layer->weights + channel * window->kernel_height * window->kernel_width;
    int32_t ox = 0;

    for (; ox + 4 <= window->out_width; ox += 4) {
        int32_t sums[4] = {bias, bias, bias, bias};

        add_four(window, lines, ox * window->stride_width, w, sums);
        tg_requantize_s8(&layer->requantization, channel, 1, sums, 4, out, out_step);
        out += 4 * out_step;
    }
    for (; ox < window->out_width; ox++) {
        const int32_t sum = add_one(window, lines, ox * window->stride_width, w, bias);

        tg_requantize_s8(&layer->requantization, channel, 1, &sum, 1, out, out_step);
        out += out_step;
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
