/* See tg_conv2d_1x1_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_1x1_s8_dsp.h"

/* The fewest channels that the general kernel takes. */
#define LEAST 4

/* Copies `count` pixels of `channels`, from pixels that lie from_step bytes apart to others that lie to_step apart. */
static void copy_pixels(const int8_t *from, int32_t from_step, int32_t channels, int8_t *to, int32_t to_step,
                        int32_t count)
{
    for (; count > 0; count--) {
        for (int32_t i = 0; i < channels; i++) {
            to[i] = from[i];
        }
        from += from_step;
        to += to_step;
    }
}

/* `pixels` of a row that is its own image. Where channels are few, both tensors of a chunk lie in scratch with four:
 * four inputs whose last have zero weights, four outputs of which the first count. */
static void compute_row(const struct tg_conv2d_1x1_dsp *layer, const int8_t *in, int32_t pixels, int8_t *out,
                        void *scratch)
{
    const int32_t step = layer->window.stride_width * layer->in_channels;
    int8_t *const wide_in = (int8_t *)scratch;
    int8_t *const wide_out = wide_in + LEAST * layer->chunk;
    int8_t *const rest = wide_out + LEAST * layer->chunk;
    struct tg_conv2d_1x1_dsp some = *layer;
    int32_t count;

    some.in_channels = layer->in_channels < LEAST ? LEAST : layer->in_channels;
    some.out_channels = layer->out_channels < LEAST ? LEAST : layer->out_channels;
    some.out_step = some.out_channels;
    some.window.stride_width = layer->in_channels < LEAST ? 1 : layer->window.stride_width;
    some.window.stride_height = 1;
    some.window.out_height = 1;
    for (int32_t done = 0; done < pixels; done += count) {
        const int8_t *from = in + done * step;
        int8_t *const to = out + done * layer->out_channels;

        count = pixels - done < layer->chunk ? pixels - done : layer->chunk;
        some.window.in_width = (int16_t)count;
        some.window.out_width = (int16_t)count;
        if (layer->in_channels < LEAST) {
            copy_pixels(from, step, layer->in_channels, wide_in, LEAST, count);
            from = wide_in;
        }
        if (layer->out_channels >= LEAST) {
            tg_conv2d_1x1_s8_dsp(&some, from, to, rest);
            continue;
        }
        tg_conv2d_1x1_s8_dsp(&some, from, wide_out, rest);
        copy_pixels(wide_out, LEAST, layer->out_channels, to, layer->out_channels, count);
    }
}

TG_KERNEL void tg_conv2d_1x1_few_s8_dsp(const struct tg_conv2d_1x1_dsp *layer, const int8_t *in, int8_t *out,
                                        void *scratch)
{
    const struct tg_window *const w = &layer->window;
    const int32_t row_step = w->stride_height * w->in_width * layer->in_channels;

    if (row_step == w->out_width * w->stride_width * layer->in_channels) { /* no pixel is left out between rows */
        compute_row(layer, in, w->out_height * w->out_width, out, scratch);
        return;
    }
    for (int32_t y = 0; y < w->out_height; y++) {
        compute_row(layer, in + y * row_step, w->out_width, out + y * w->out_width * layer->out_channels, scratch);
    }
}

TG_KERNEL void tg_conv2d_1x1_few_s8_dsp_rows(const struct tg_conv2d_1x1_dsp *layer, const int8_t *const *rows,
                                             int8_t *const *out, int32_t row_count, void *scratch)
{
    for (int32_t y = 0; y < row_count; y++) {
        compute_row(layer, rows[y * layer->window.stride_height], layer->window.out_width, out[y], scratch);
    }
}
