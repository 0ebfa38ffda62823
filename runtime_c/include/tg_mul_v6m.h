/* Elementwise product, int8, for Armv6-M: products of 32 bits only. Rule E11 of ARITHMETIC.md for shifts to the right;
 * see tg_mul.h.
 *
 *   p = (a - zero_a) * (b - zero_b)
 *   out = clamp(rdiv(round(p * multiplier / 2^31), shift) + zero_out)
 *
 * With the size m of p, and multiplier = high * 2^16 + low, m * multiplier is (m * high + (m * low >> 16)) * 2^16 and
 * the lower half of m * low, which matters for a negative p in a tie alone.
 *
 * `rows` rows of `depth` elements. b has as many rows, or one that all share: a gate for every channel.
 * `out` may be `a`, and `b` if that is not shared.
 * Overflow: m <= 255 * 255, high < 2^15 and low < 2^16, so that every product fits in 32 bits without a sign.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MUL_V6M_H
#define TG_MUL_V6M_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_mul_v6m {
    int32_t rows;
    int32_t depth;
    int32_t b_step; /* from a row of b to the next: depth, or 0 */
    int32_t multiplier;
    int8_t shift; /* 1 or more */
    int8_t a_zero_point;
    int8_t b_zero_point;
    int8_t out_zero_point;
    int8_t out_min;
    int8_t out_max;
};

void tg_mul_s8_v6m(const struct tg_mul_v6m *layer, const int8_t *a, const int8_t *b, int8_t *out);

TG_EXTERN_C_END

#endif
