/* Linear functions of a row of integers with weights of 32 bits. Rule T13 of ARITHMETIC.md.
 *
 *   out[c] = clamp((bias[c] * 2^bias_shift + half + sum over k of in[k] * weights[c][k]) >> shift, -reach, reach)
 *
 * half = 2^(shift - 1), of shift 0: 0. Layout: weights [outputs][depth].
 * Overflow: the generator has proved that sums stay below 2^62.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_WIDE_SCORES_H
#define TG_WIDE_SCORES_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_wide_scores {
    int32_t outputs;
    int32_t depth;
    int32_t shift;
    int32_t bias_shift;
    int32_t reach;
    const int32_t *weights;
    const int32_t *bias;
};

void tg_wide_scores_s8(const struct tg_wide_scores *layer, const int8_t *in, int32_t *out);
void tg_wide_scores_s16(const struct tg_wide_scores *layer, const int16_t *in, int32_t *out);
void tg_wide_scores_s32(const struct tg_wide_scores *layer, const int32_t *in, int32_t *out);

TG_EXTERN_C_END

#endif
