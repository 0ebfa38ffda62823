/* Probabilities of int32 scores, in units of 2^-15. Rule T10 of ARITHMETIC.md.
 *
 *   p = min((largest score - in[c]) >> shift, 2^(bits+8) - 1), i = p >> bits, f = p mod 2^bits
 *   e[c] = table[i] + ((table[i + 1] - table[i]) * f >> bits)
 *   out[c] = min((e[c] * 2^15 + sum / 2) / sum, 32767), sum of all e
 *
 * Of a single score (count 1) the scores are 0 and in[0], and two probabilities come out.
 * Overflow: e < 2^15, at most 4096 classes: e * 2^15 + sum / 2 < 2^31.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SOFTMAX_SCORES_H
#define TG_SOFTMAX_SCORES_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_softmax_scores {
    int32_t count;
    int32_t shift;
    int32_t bits;
    const int16_t *table; /* 257 entries, falling from 32767 */
};

void tg_softmax_scores_s32(const struct tg_softmax_scores *layer, const int32_t *in, int16_t *out);

TG_EXTERN_C_END

#endif
