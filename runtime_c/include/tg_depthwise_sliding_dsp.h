/* Depthwise 3x3 convolution, int8, for the DSP extension, without scratch. Rules C1, C2 and C4 of ARITHMETIC.md.
 *
 *   out[oy][ox][c] = ssat8(floor(t * multiplier[c] / 2^32) >> 8), then the activation's clamps,
 *   t = offset[c] + sum over ky, kx of in[oy * stride_height - pad_top + ky][ox * stride_width - pad_left + kx][c] *
 *                                      weight[c][ky][kx]
 *
 * Weights and offset are scaled by the generator, which proves that the result is exact (tinygen/proofs).
 *
 * Channels are computed one after the other, each along a row. Every column of the input is read once, and added to all
 * outputs that see it. Nothing is copied, so that an output row costs the same alone as among others.
 *
 * Channels: TG_SLIDING_CHANNEL_WORDS words for each. Pairs of weights are (low half, high half).
 *   (in_channels, w22), (w00, w10), (w01, w11), (w02, w12), (w20, w21), multiplier,
 *   where the sum of the first output of a row starts: the offset, and what a column of padding on the left adds to it,
 *   offset, what a column of padding on the right adds to the last output of a row.
 * At least two outputs in a row, at most one column of padding on either side.
 * In place: with stride 1 and rows of the same shape an output row may lie in any of its own input rows: a byte is
 * written when nothing reads the one below it any more. So rows may lie in those that are read for the last time, where
 * a call computes one row, or two: these are computed in order, but below a row of padding the second one first.
 * Overflow: t fits in int32, its partial sums may wrap.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_SLIDING_DSP_H
#define TG_DEPTHWISE_SLIDING_DSP_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

#define TG_SLIDING_CHANNEL_WORDS 9

struct tg_depthwise_sliding_dsp {
    struct tg_window window;
    int16_t in_channels;
    int8_t out_min;
    int8_t out_max;
    const int32_t *channels;
    const int8_t *pad_row; /* in_width * in_channels zero points of the input; 0 without padding above or below */
};

/* Compute the whole output, with a stride to the right of 1 or 2; the downward stride is any. */
void tg_depthwise_sliding_s8_dsp(const struct tg_depthwise_sliding_dsp *layer, const int8_t *in, int8_t *out);
void tg_depthwise_sliding_stride2_s8_dsp(const struct tg_depthwise_sliding_dsp *layer, const int8_t *in, int8_t *out);

/* Compute row_count output rows out[0 .. row_count) from input rows (tg_rows.h). */
void tg_depthwise_sliding_s8_dsp_rows(const struct tg_depthwise_sliding_dsp *layer, const int8_t *const *rows,
                                      int8_t *const *out, int32_t row_count);
void tg_depthwise_sliding_stride2_s8_dsp_rows(const struct tg_depthwise_sliding_dsp *layer, const int8_t *const *rows,
                                              int8_t *const *out, int32_t row_count);

TG_EXTERN_C_END

#endif
