/* Elementwise product, int8, for Helium. Rule E11 of ARITHMETIC.md for shifts to the right; see tg_mul.h.
 *
 *   p = (a - zero_a) * (b - zero_b)
 *   out = clamp(rdiv(round(p * multiplier / 2^31), -minus_shift) + zero_out)
 *
 * `rows` rows of `depth` elements. b has as many rows, or one that all share: a gate for every channel.
 * `out` may be `a`, and `b` if that is not shared.
 * Overflow: |p| <= 255 * 255, and the rounded product is not larger; it is at most half of that after the shift.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MUL_MVE_H
#define TG_MUL_MVE_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

/* Assembly knows the offsets of the fields. */
struct tg_mul_mve {
    int32_t rows;
    int32_t depth;
    int32_t b_step; /* from a row of b to the next: depth, or 0 */
    int32_t multiplier;
    int32_t minus_shift; /* -1 or less */
    int32_t minus_a_zero_point;
    int32_t minus_b_zero_point;
    int32_t out_zero_point;
    int8_t out_min;
    int8_t out_max;
};

void tg_mul_s8_mve(const struct tg_mul_mve *layer, const int8_t *a, const int8_t *b, int8_t *out);

TG_EXTERN_C_END

#endif
