/* See tg_depthwise_conv2d_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_conv2d_dsp_core.h"

/* (w0, w1) and (w1, w2) for each of three kernel rows. */
#define WEIGHT_WORDS 6

/* One kernel row for outputs 0 and 1 of `sums`; x[0] = (x0, x1), x[1] = (x2, x3), x[2] = (x4, x5). The weights are
 * loaded again for every row and block: there are not enough registers to keep them. */
TG_INLINE void taps_of_2(const uint32_t *x, const int32_t *weights, int32_t *sums, int32_t stride)
{
    const uint32_t w01 = (uint32_t)weights[0];
    const uint32_t w12 = (uint32_t)weights[1];

    sums[0] = tg_smlabt(x[1], w12, tg_smlad(x[0], w01, sums[0]));
    if (stride == 1) {
        sums[1] = tg_smlad(x[1], w12, tg_smlatb(x[0], w01, sums[1]));
    } else {
        sums[1] = tg_smlabt(x[2], w12, tg_smlad(x[1], w01, sums[1]));
    }
}

/* The same for four outputs. */
TG_INLINE void taps_of_4(const uint32_t *x, const int32_t *weights, int32_t *sums, int32_t stride)
{
    taps_of_2(x, weights, sums, stride);
    taps_of_2(x + stride, weights, sums + 2, stride);
}

/* One output channel; `stride` and `form` are compile-time constants. */
TG_INLINE void compute_rows(const struct tg_depthwise_conv2d_dsp *layer, const uint32_t *plane,
                            const int32_t *weights, const int32_t *channel, int32_t rows, int8_t *out,
                            int32_t row_bytes, int32_t stride, enum tg_dsp_form form)
{
    const int32_t line = layer->line_words;
    const int32_t step = layer->in_channels * layer->channel_multiplier;
    const int32_t line_step = layer->window.stride_height * line;
    const int32_t width = layer->window.out_width;

    for (; rows > 0; rows--) {
        const uint32_t *x = plane;
        int8_t *to = out;
        int32_t left = width;
        for (; left >= 4; left -= 4) {
            const int32_t init = channel[TG_DSP_INIT];
            int32_t sums[4] = {init, init, init, init};
            taps_of_4(x, weights, sums, stride);
            tg_keep_loads_here();
            taps_of_4(x + line, weights + 2, sums, stride);
            tg_keep_loads_here();
            taps_of_4(x + 2 * line, weights + 4, sums, stride);
            tg_keep_loads_here();
            x += 2 * stride;
            tg_dsp_store_2(sums[0], sums[1], channel, form, to, to + step);
            to += 2 * step;
            tg_dsp_store_2(sums[2], sums[3], channel, form, to, to + step);
            to += 2 * step;
        }
        for (; left > 0; left -= 2) {
            const int32_t init = channel[TG_DSP_INIT];
            int32_t sums[2] = {init, init};
            taps_of_2(x, weights, sums, stride);
            tg_keep_loads_here();
            taps_of_2(x + line, weights + 2, sums, stride);
            tg_keep_loads_here();
            taps_of_2(x + 2 * line, weights + 4, sums, stride);
            tg_keep_loads_here();
            x += stride;
            if (left == 1) {
                tg_dsp_store_1(sums[0], channel, form, to);
                break;
            }
            tg_dsp_store_2(sums[0], sums[1], channel, form, to, to + step);
            to += 2 * step;
        }
        plane += line_step;
        out += row_bytes;
    }
}

TG_NOINLINE static void single_stride_1(const struct tg_depthwise_conv2d_dsp *layer, const uint32_t *plane,
                                        const int32_t *weights, const int32_t *channel, int32_t rows,
                                        int8_t *out, int32_t row_bytes)
{
    compute_rows(layer, plane, weights, channel, rows, out, row_bytes, 1, TG_DSP_SINGLE);
}

TG_NOINLINE static void double_stride_1(const struct tg_depthwise_conv2d_dsp *layer, const uint32_t *plane,
                                        const int32_t *weights, const int32_t *channel, int32_t rows,
                                        int8_t *out, int32_t row_bytes)
{
    compute_rows(layer, plane, weights, channel, rows, out, row_bytes, 1, TG_DSP_DOUBLE);
}

TG_NOINLINE static void single_stride_2(const struct tg_depthwise_conv2d_dsp *layer, const uint32_t *plane,
                                        const int32_t *weights, const int32_t *channel, int32_t rows,
                                        int8_t *out, int32_t row_bytes)
{
    compute_rows(layer, plane, weights, channel, rows, out, row_bytes, 2, TG_DSP_SINGLE);
}

TG_NOINLINE static void double_stride_2(const struct tg_depthwise_conv2d_dsp *layer, const uint32_t *plane,
                                        const int32_t *weights, const int32_t *channel, int32_t rows,
                                        int8_t *out, int32_t row_bytes)
{
    compute_rows(layer, plane, weights, channel, rows, out, row_bytes, 2, TG_DSP_DOUBLE);
}

static tg_dw_channel *channel_function(const struct tg_depthwise_conv2d_dsp *layer)
{
    if (layer->window.stride_width == 1) {
        return layer->output.form == TG_DSP_SINGLE ? single_stride_1 : double_stride_1;
    }
    return layer->output.form == TG_DSP_SINGLE ? single_stride_2 : double_stride_2;
}

TG_KERNEL void tg_depthwise_conv2d_3x3_s8_dsp(const struct tg_depthwise_conv2d_dsp *layer,
                                              const int8_t *in, int8_t *out, void *scratch)
{
    tg_dw_whole(layer, in, out, scratch, WEIGHT_WORDS, channel_function(layer));
}

TG_KERNEL void tg_depthwise_conv2d_3x3_s8_dsp_rows(const struct tg_depthwise_conv2d_dsp *layer,
                                                   const int8_t *const *rows, int8_t *const *out,
                                                   int32_t row_count, void *scratch)
{
    tg_dw_rows(layer, rows, out, row_count, scratch, WEIGHT_WORDS, channel_function(layer));
}
