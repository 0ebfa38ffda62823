/* See tg_depthwise_conv2d_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_conv2d_dsp_core.h"

/* (w0, w1) and (w1, w2) for each of three kernel rows. */
#define WEIGHT_WORDS 6

/* One kernel row for two outputs side by side. x[0] = (x0, x1), x[1] = (x2, x3), x[2] = (x4, x5). */
TG_INLINE void taps_of_row(const uint32_t *x, uint32_t w01, uint32_t w12, int32_t *p, int32_t *q,
                           int32_t stride)
{
    if (stride == 1) {
        *p = tg_smlabt(x[1], w12, tg_smlad(x[0], w01, *p));
        *q = tg_smlad(x[1], w12, tg_smlatb(x[0], w01, *q));
    } else {
        *p = tg_smlabt(x[1], w12, tg_smlad(x[0], w01, *p));
        *q = tg_smlabt(x[2], w12, tg_smlad(x[1], w01, *q));
    }
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
    const uint32_t a0 = (uint32_t)weights[0];
    const uint32_t b0 = (uint32_t)weights[1];
    const uint32_t a1 = (uint32_t)weights[2];
    const uint32_t b1 = (uint32_t)weights[3];
    const uint32_t a2 = (uint32_t)weights[4];
    const uint32_t b2 = (uint32_t)weights[5];
    const int32_t init = channel[TG_DSP_INIT];
    const int32_t multiplier = channel[TG_DSP_MULTIPLIER];
    const int32_t offset = channel[TG_DSP_OFFSET];
    const int32_t shift = channel[TG_DSP_SHIFT];

    for (; rows > 0; rows--) {
        const uint32_t *x = plane;
        int8_t *to = out;
        for (int32_t left = width; left > 0; left -= 2) {
            int32_t p = init;
            int32_t q = init;
            taps_of_row(x, a0, b0, &p, &q, stride);
            taps_of_row(x + line, a1, b1, &p, &q, stride);
            taps_of_row(x + 2 * line, a2, b2, &p, &q, stride);
            x += stride;
            *to = (int8_t)tg_dsp_finish(p, multiplier, offset, shift, form);
            if (left == 1) {
                break;
            }
            to[step] = (int8_t)tg_dsp_finish(q, multiplier, offset, shift, form);
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
