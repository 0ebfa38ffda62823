/* Linear functions of a row of integers. Rule T4 of ARITHMETIC.md.
 *
 *   out[c] = (bias[c] + sum over k of in[k] * weights[c][k]) >> shift
 *
 * Layout: weights [outputs][depth]. The shift is arithmetic. The _dsp kernels read words of two weights, low half first,
 * in blocks of five outputs, then of one: of a block for every four features, for every output, the weights of
 * features 0, 2 (s8) or 0, 1 (s16), then for every output those of 1, 3 or 2, 3; then for every feature that is left, for
 * every output, its weight and 0. They do not shift.
 * Overflow: the generator has proved that no partial sum leaves int32; of the _wide kernels, int64: depth products
 * below 2^30 each.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_LINEAR_SCORES_H
#define TG_LINEAR_SCORES_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_linear_scores {
    int32_t outputs;
    int32_t depth;
    int32_t shift;
    const int16_t *weights;
    const int32_t *bias;
};

struct tg_linear_scores_dsp {
    int32_t outputs;
    int32_t depth;
    const uint32_t *weights;
    const int32_t *bias;
};

void tg_linear_scores_s8(const struct tg_linear_scores *layer, const int8_t *in, int32_t *out);
void tg_linear_scores_s16(const struct tg_linear_scores *layer, const int16_t *in, int32_t *out);
void tg_linear_scores_s8_wide(const struct tg_linear_scores *layer, const int8_t *in, int32_t *out);
void tg_linear_scores_s16_wide(const struct tg_linear_scores *layer, const int16_t *in, int32_t *out);
void tg_linear_scores_s8_dsp(const struct tg_linear_scores_dsp *layer, const int8_t *in, int32_t *out);
void tg_linear_scores_s16_dsp(const struct tg_linear_scores_dsp *layer, const int16_t *in, int32_t *out);

TG_EXTERN_C_END

#endif
