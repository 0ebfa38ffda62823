/* Elementwise product, int8, for cores with the upper half of 64-bit products. Rule E11 of ARITHMETIC.md for shifts to the
 * right by r; see tg_mul.h.
 *
 *   p = (a - zero_a) * (b - zero_b)
 *   out = saturate_int8((floor((p << prescale) * multiplier / 2^32) + offset + (p < 0 ? minus_one : 0)) >> shift)
 *
 * With f = prescale, shift = r + f - 1, minus_one = -2^(f - 1) and offset = 2^(f - 2) + (2^(r - 1) + zero_out * 2^r) * 2^(f - 1)
 * that is the rule: both of its roundings add a half and take a floor, and floors of floors are one. The sign of p
 * stands for that of the rounded product; where they differ that is 0, and so is what becomes of it.
 *
 * `rows` rows of `depth` elements. b has as many rows, or one that all share: a gate for every channel.
 * `out` may be `a`, and `b` if that is not shared.
 * Overflow: |p| <= 255 * 255 and prescale <= 14; the generator bounds prescale + r so that the sum fits.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MUL_HIGH_H
#define TG_MUL_HIGH_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_mul_high {
    int32_t rows;
    int32_t depth;
    int32_t b_step; /* from a row of b to the next: depth, or 0 */
    int32_t multiplier;
    int32_t offset;
    int32_t minus_one;
    int8_t prescale;
    int8_t shift;
    int8_t a_zero_point;
    int8_t b_zero_point;
};

void tg_mul_high_s8(const struct tg_mul_high *layer, const int8_t *a, const int8_t *b, int8_t *out);

TG_EXTERN_C_END

#endif
