/* Elementwise product, int8, for the DSP extension. Rule E11 of ARITHMETIC.md for shifts to the right; see tg_mul.h.
 *
 *   p = (a - zero_a) * (b - zero_b)
 *   out = ssat8(round(2 * p * multiplier / 2^32) + offset - (p < 0) >> shift)
 *
 * With offset = 2^(shift - 1) + zero_out * 2^shift that is the rule: the sign of p stands for that of the rounded
 * product, and where they differ that is 0, and so is what becomes of it.
 *
 * `rows` rows of `depth` elements. b has as many rows, or one that all share: a gate for every channel.
 * `out` may be `a`, and `b` if that is not shared.
 * Overflow: |p| <= 255 * 255; the generator bounds the shift so that the offset fits.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MUL_DSP_H
#define TG_MUL_DSP_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_mul_dsp {
    int32_t rows;
    int32_t depth;
    int32_t b_step; /* from a row of b to the next: depth, or 0 */
    int32_t multiplier;
    int32_t offset;
    int8_t shift;
    int8_t a_zero_point;
    int8_t b_zero_point;
};

void tg_mul_s8_dsp(const struct tg_mul_dsp *layer, const int8_t *a, const int8_t *b, int8_t *out);

TG_EXTERN_C_END

#endif
