/* See tg_depthwise_conv2d_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_conv2d_dsp_core.h"

/* A column of a plane is an int16. */
#define COLUMN_BYTES 2
#define WORD_BYTES 4

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

/* The sums of two outputs side by side. */
struct sums {
    int32_t p;
    int32_t q;
};

/* Adds one kernel row of `pairs` pairs of taps. x: the first output's window, in bytes; the second's is
 * `stride_bytes` on. Windows may start between two words. */
TG_INLINE struct sums taps_of_row(struct sums sums, const int8_t *x, int32_t stride_bytes,
                                  const int32_t *weights, int32_t pairs)
{
    const int32_t *const end = weights + pairs;

    do {
        const uint32_t taps = (uint32_t)*weights++;
        sums.p = tg_smlad(tg_load_quad(x), taps, sums.p);
        sums.q = tg_smlad(tg_load_quad(x + stride_bytes), taps, sums.q);
        x += sizeof taps;
    } while (weights != end);
    return sums;
}

/* `x` is the first output's window in the first line, in bytes. */
TG_INLINE struct sums taps_of_window(const struct tg_depthwise_conv2d_dsp *layer, const int8_t *x,
                                     const int32_t *weights, int32_t init)
{
    const struct tg_window *w = &layer->window;
    const int32_t pairs = (w->kernel_width + 1) / 2;
    const int32_t stride_bytes = w->stride_width * COLUMN_BYTES;
    const int32_t line_bytes = w->dilation_height * layer->line_words * WORD_BYTES;
    struct sums sums = {init, init};

    for (int32_t ky = 0; ky < w->kernel_height; ky++) {
        sums = taps_of_row(sums, x, stride_bytes, weights, pairs);
        weights += pairs;
        x += line_bytes;
    }
    return sums;
}

TG_NOINLINE static void compute_channel(const struct tg_depthwise_conv2d_dsp *layer, const uint32_t *plane,
                                        const int32_t *weights, const int32_t *channel, int32_t rows,
                                        int8_t *out, int32_t row_bytes)
{
    const struct tg_window *w = &layer->window;
    const int32_t step = layer->in_channels * layer->channel_multiplier;

    for (; rows > 0; rows--) {
        const int8_t *x = (const int8_t *)plane;
        int8_t *to = out;
        for (int32_t left = w->out_width; left > 0; left -= 2) {
            const struct sums sums = taps_of_window(layer, x, weights, channel[TG_DSP_INIT]);
            to[0] = (int8_t)finish(layer, sums.p, channel);
            if (left > 1) {
                to[step] = (int8_t)finish(layer, sums.q, channel);
            }
            x += 2 * w->stride_width * COLUMN_BYTES;
            to += 2 * step;
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
