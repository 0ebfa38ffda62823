/* Depthwise 3x3 convolution with sliding windows for any core. See tg_depthwise_3x3_sliding.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_3X3_SLIDING_CORE_H
#define TG_DEPTHWISE_3X3_SLIDING_CORE_H

#include "tg_depthwise_3x3_sliding.h"
#include "tg_depthwise_sliding.h"
#include "tg_fixedpoint.h"
#include "tg_swar_finish.h"

typedef void tg_depthwise_sliding_function(const struct tg_depthwise_sliding *windows);

/* Columns that the outputs of a row see are cut into padding, input and padding. `padding`: room for two bytes. */
TG_INLINE void tg_depthwise_start_sliding(const struct tg_depthwise_3x3_sliding *layer, int8_t *padding,
                                          struct tg_depthwise_sliding *d)
{
    const struct tg_window *w = &layer->window;
    const int32_t width = (w->out_width - 1) * w->stride_width + 3;
    const int32_t inside = tg_clamp(width - w->pad_left, 0, w->in_width);

    padding[0] = layer->in_zero_point;
    padding[1] = layer->in_zero_point;
    d->weights = layer->weights;
    d->output = &layer->output;
    d->padding = padding;
    d->stride_height = w->stride_height;
    d->in_channels = layer->in_channels;
    d->channel_multiplier = layer->channel_multiplier;
    d->out_channels = layer->in_channels * layer->channel_multiplier;
    d->left = w->pad_left;
    d->inside_bytes = inside * layer->in_channels;
    d->right = width - w->pad_left - inside;
    d->stride_width = w->stride_width;
}

/* Some rows. */
TG_INLINE void tg_depthwise_slide_rows(const struct tg_depthwise_3x3_sliding *layer, struct tg_depthwise_sliding *d,
                                       const int8_t *const *in, int8_t *const *out, int32_t row_count,
                                       tg_depthwise_sliding_function *run)
{
    d->in = in;
    d->out = out;
    d->row_count = row_count;
    run(d);
    if (layer->output.clamps) {
        for (int32_t y = 0; y < row_count; y++) {
            tg_swar_clamp(&layer->output, out[y], layer->window.out_width * d->out_channels);
        }
    }
}

TG_INLINE void tg_depthwise_3x3_sliding_rows(const struct tg_depthwise_3x3_sliding *layer, const int8_t *const *rows,
                                             int8_t *const *out, int32_t row_count, void *scratch,
                                             tg_depthwise_sliding_function *run)
{
    struct tg_depthwise_sliding d;

    tg_depthwise_start_sliding(layer, (int8_t *)scratch, &d);
    tg_depthwise_slide_rows(layer, &d, rows, out, row_count, run);
}

/* A whole tensor. `scratch`: pointers to some output rows, to the input rows that they see, and the padding. */
TG_INLINE void tg_depthwise_3x3_sliding_whole(const struct tg_depthwise_3x3_sliding *layer, const int8_t *in,
                                              int8_t *out, void *scratch, tg_depthwise_sliding_function *run)
{
    const struct tg_window *w = &layer->window;
    const int32_t in_row = w->in_width * layer->in_channels;
    const int32_t out_row = w->out_width * layer->in_channels * layer->channel_multiplier;
    int8_t **const to = (int8_t **)scratch;
    const int8_t **const from = (const int8_t **)(to + layer->rows);
    struct tg_depthwise_sliding d;

    tg_depthwise_start_sliding(layer, (int8_t *)(from + (layer->rows - 1) * w->stride_height + 3), &d);
    for (int32_t first = 0; first < w->out_height; first += layer->rows) {
        const int32_t left = w->out_height - first;
        const int32_t count = left < layer->rows ? left : layer->rows;
        int32_t y = first * w->stride_height - w->pad_top;

        for (int32_t i = 0; i < (count - 1) * w->stride_height + 3; i++) {
            from[i] = y >= 0 && y < w->in_height ? in + y * in_row : layer->pad_row;
            y++;
        }
        for (int32_t i = 0; i < count; i++) {
            to[i] = out;
            out += out_row;
        }
        tg_depthwise_slide_rows(layer, &d, from, to, count, run);
    }
}

#endif
