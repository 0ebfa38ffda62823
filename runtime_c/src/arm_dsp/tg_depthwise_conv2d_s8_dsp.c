/* See tg_depthwise_conv2d_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_conv2d_dsp_core.h"

/* Two int16 that start at any column of a line. */
TG_INLINE uint32_t load_columns(const uint32_t *line, int32_t column)
{
    uint32_t word;

    memcpy(&word, (const int8_t *)line + 2 * column, sizeof word);
    return word;
}

TG_INLINE int32_t finish(const struct tg_depthwise_conv2d_dsp *layer, int32_t acc, const int32_t *channel)
{
    const int32_t multiplier = channel[TG_DSP_MULTIPLIER];
    const int32_t offset = channel[TG_DSP_OFFSET];
    const int32_t shift = channel[TG_DSP_SHIFT];

    switch (layer->output.form) {
    case TG_DSP_SINGLE:
        return tg_dsp_finish(acc, multiplier, offset, shift, TG_DSP_SINGLE);
    case TG_DSP_DOUBLE:
        return tg_dsp_finish(acc, multiplier, offset, shift, TG_DSP_DOUBLE);
    default:
        return tg_dsp_finish(acc, multiplier, offset, shift, TG_DSP_TEXTBOOK);
    }
}

/* Two outputs side by side, whose windows start in column `column` of the plane and `stride` columns later. */
TG_INLINE void compute_2(const struct tg_depthwise_conv2d_dsp *layer, const uint32_t *plane,
                         const int32_t *weights, int32_t column, int32_t *p, int32_t *q)
{
    const struct tg_window *w = &layer->window;
    const int32_t row_pairs = (w->kernel_width + 1) / 2;
    const int32_t line_step = w->dilation_height * layer->line_words;
    int32_t sum_p = *p;
    int32_t sum_q = *q;

    for (int32_t ky = 0; ky < w->kernel_height; ky++) {
        for (int32_t i = 0; i < row_pairs; i++) {
            const uint32_t taps = (uint32_t)*weights++;
            sum_p = tg_smlad(load_columns(plane, column + 2 * i), taps, sum_p);
            sum_q = tg_smlad(load_columns(plane, column + w->stride_width + 2 * i), taps, sum_q);
        }
        plane += line_step;
    }
    *p = sum_p;
    *q = sum_q;
}

TG_NOINLINE static void compute_channel(const struct tg_depthwise_conv2d_dsp *layer, const uint32_t *plane,
                                        const int32_t *weights, const int32_t *channel, int32_t rows,
                                        int8_t *out, int32_t row_bytes)
{
    const struct tg_window *w = &layer->window;
    const int32_t step = layer->in_channels * layer->channel_multiplier;

    for (; rows > 0; rows--) {
        for (int32_t x = 0; x < w->out_width; x += 2) {
            int32_t p = channel[TG_DSP_INIT];
            int32_t q = p;
            compute_2(layer, plane, weights, x * w->stride_width, &p, &q);
            out[x * step] = (int8_t)finish(layer, p, channel);
            if (x + 1 < w->out_width) {
                out[(x + 1) * step] = (int8_t)finish(layer, q, channel);
            }
        }
        plane += w->stride_height * layer->line_words;
        out += row_bytes;
    }
}

static int32_t weight_words(const struct tg_depthwise_conv2d_dsp *layer)
{
    return layer->window.kernel_height * ((layer->window.kernel_width + 1) / 2);
}

TG_KERNEL void tg_depthwise_conv2d_s8_dsp(const struct tg_depthwise_conv2d_dsp *layer, const int8_t *in,
                                          int8_t *out, void *scratch)
{
    tg_dw_whole(layer, in, out, scratch, weight_words(layer), compute_channel);
}

TG_KERNEL void tg_depthwise_conv2d_s8_dsp_rows(const struct tg_depthwise_conv2d_dsp *layer,
                                               const int8_t *const *rows, int8_t *const *out,
                                               int32_t row_count, void *scratch)
{
    tg_dw_rows(layer, rows, out, row_count, scratch, weight_words(layer), compute_channel);
}
