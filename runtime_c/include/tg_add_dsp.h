/* Elementwise sum, int8, for the DSP extension. Rules E1 and E2 of ARITHMETIC.md.
 *
 *   out = ssat8((floor(a * a_factor / 2^8) + floor(b * b_factor / 2^8) + bias) >> 16)
 *
 * The generator has compared this with the rule for all 65,536 pairs (tinygen/proofs/sums.py). `out` may be `a`, `b` or
 * both. Overflow: the generator bounds every sum.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_ADD_DSP_H
#define TG_ADD_DSP_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_add_dsp {
    int32_t size;
    int32_t a_factor;
    int32_t b_factor;
    int32_t bias;
};

/* a and b of the output's shape. */
void tg_add_s8_dsp(const struct tg_add_dsp *layer, const int8_t *a, const int8_t *b, int8_t *out);

TG_EXTERN_C_END

#endif
