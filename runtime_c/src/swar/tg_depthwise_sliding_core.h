/* Sliding windows in C: what the assembly computes. See tg_depthwise_sliding.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_SLIDING_CORE_H
#define TG_DEPTHWISE_SLIDING_CORE_H

#include "tg_depthwise_sliding.h"
#include "tg_swar_finish.h"

/* The byte of a row in column x of a channel, which is the byte at `channel` of every column. */
TG_INLINE int8_t tg_depthwise_byte(const struct tg_depthwise_sliding *d, const int8_t *row, int32_t x, int32_t channel)
{
    const int32_t at = (x - d->left) * d->in_channels;

    return at >= 0 && at < d->inside_bytes ? row[at + channel] : *d->padding;
}

TG_INLINE int8_t tg_depthwise_slide(const struct tg_depthwise_sliding *d, int32_t y, int32_t x, int32_t channel)
{
    const int8_t *const *const rows = d->in + y * d->stride_height;
    const int8_t *weight = d->weights + 9 * channel;
    uint32_t sum = 0;

    for (int32_t kx = 0; kx < 3; kx++) {
        for (int32_t ky = 0; ky < 3; ky++) {
            const int32_t byte = tg_depthwise_byte(d, rows[ky], x + kx, channel / d->channel_multiplier);

            sum += (uint32_t)(byte * *weight++);
        }
    }
    return tg_swar_finish(d->output, d->output->channels + channel * tg_swar_channel_words(d->output), sum);
}

TG_INLINE void tg_depthwise_run_sliding(const struct tg_depthwise_sliding *d)
{
    const int32_t columns = d->left + d->inside_bytes / d->in_channels + d->right;

    for (int32_t channel = 0; channel < d->out_channels; channel++) {
        for (int32_t y = 0; y < d->row_count; y++) {
            int8_t *to = d->out[y] + channel;

            for (int32_t x = 0; x + 3 <= columns; x += d->stride_width) {
                *to = tg_depthwise_slide(d, y, x, channel);
                to += d->out_channels;
            }
        }
    }
}

#endif
