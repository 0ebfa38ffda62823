/* Depthwise 3x3 windows that slide along rows: all channels of some output rows.
 *
 * Channels are computed one after the other, each along the rows. A row of a channel is a row of columns of three
 * bytes, one below the other: first `left` columns of padding, then those of the input, then `right` of padding.
 * Every output uses three neighbouring columns; two of them, or with stride 2 one, stay in registers for the next.
 *
 *   t = offset + sum (weights[3 * kx + ky] << prescale) * byte[kx][ky]
 *   out = saturate_int8((floor(t * multiplier / 2^32) + (t >= 0 ? sign : 0) + after) >> shift)     (tg_swar.h)
 *
 * Overflow: t fits in int32, its partial sums may wrap.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_SLIDING_H
#define TG_DEPTHWISE_SLIDING_H

#include "tg_common.h"
#include "tg_swar.h"

/* Assembly knows the offsets of the fields. */
struct tg_depthwise_sliding {
    const int8_t *const *in; /* [(row_count - 1) * stride_height + 3] rows */
    int8_t *const *out;      /* [row_count] rows */
    const int8_t *weights;   /* [out_channels][kx][ky] */
    const struct tg_swar_output *output;
    const int8_t *padding; /* two zero points */
    int32_t row_count;
    int32_t stride_height;
    int32_t in_channels;
    int32_t channel_multiplier;
    int32_t out_channels;
    int32_t left;         /* 0 or 1 */
    int32_t inside_bytes; /* in_channels times the columns of the input, at least one */
    int32_t right;        /* 0, 1 or 2 */
    int32_t stride_width; /* 1 or 2 */
};

#endif
