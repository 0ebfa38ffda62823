/* Depthwise convolution for Armv6-M with any window, int8: two neighbouring outputs in each product.
 *
 *   out[oy][ox][c*M + m] = requantize(sum in[oy*sh + ky*dh - top][ox*sw + kx*dw - left][c] * weights[c*M + m][ky][kx])
 *
 * Channel by channel, input rows become lines of words, line[j] = x[j] + (x[j + sw] << 16) with x the padded row of
 * one channel, so that a product serves the outputs ox and ox + 1. The weights of a channel go to the sum in blocks of
 * three, or where their lanes would meet (tinygen/proofs/lanes.py) of two.
 * Layout: tensors NHWC with N = 1; weights [in_channels * M][kernel_height * kernel_width], M = channel_multiplier. With
 * stride 1, M = 1 and an output as large as the input, `out` may be `in`: rows are read before they are overwritten.
 * Overflow: the blocks stay within int16; see tg_requantize_narrow_s8_v6m.h for the rest.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_TAPS_V6M_H
#define TG_DEPTHWISE_TAPS_V6M_H

#include "tg_common.h"
#include "tg_requantize_narrow_s8_v6m.h"

TG_EXTERN_C_BEGIN

struct tg_depthwise_taps_v6m {
    struct tg_window window;
    int16_t in_channels;
    int16_t channel_multiplier;
    int8_t in_zero_point;
    const int8_t *weights;
    const int8_t *blocks; /* [in_channels * M]: 3 or 2, the taps of a block */
    int32_t line_words;   /* a multiple of 4 */
    int32_t lead_words;   /* of a line before x[-left + sw] is its upper half; 0 or more */
    int32_t pass_rows;    /* output rows that are computed in one pass */
    struct tg_narrow_v6m narrow;
};

/* Computes the whole output. `scratch`, 8-byte aligned: tinygen/kernels/depthwise_taps_v6m.py. */
void tg_depthwise_taps_s8_v6m(const struct tg_depthwise_taps_v6m *layer, const int8_t *in, int8_t *out, void *scratch);

/* Computes row_count output rows out[0 .. row_count) from input rows (tg_rows.h). */
void tg_depthwise_taps_s8_v6m_rows(const struct tg_depthwise_taps_v6m *layer, const int8_t *const *rows,
                                   int8_t *const *out, int32_t row_count, void *scratch);

TG_EXTERN_C_END

#endif
