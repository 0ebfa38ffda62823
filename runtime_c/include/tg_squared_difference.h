/* The square of a difference, int8. Rule E18 of ARITHMETIC.md.
 *
 *   out = clamp(requantize(d * d, out) + out_zero_point), d = ra - rb,
 *   ra = requantize((a - a_zero_point) * 2^7, a), rb likewise; neither multiplier exceeds 1/2
 *
 * `out` may be `a`, `b` or both, where it is as large.
 * Overflow: |ra|, |rb| <= 255 * 2^6; the generator bounds d * d times the left shift of `out`.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SQUARED_DIFFERENCE_H
#define TG_SQUARED_DIFFERENCE_H

#include "tg_broadcast.h"
#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_squared_difference_constants {
    int32_t a_multiplier;
    int32_t b_multiplier;
    int32_t out_multiplier;
    int8_t a_shift;
    int8_t b_shift;
    int8_t out_shift;
    int8_t a_zero_point;
    int8_t b_zero_point;
    int8_t out_zero_point;
    int8_t out_min;
    int8_t out_max;
};

struct tg_squared_difference {
    int32_t size;
    struct tg_squared_difference_constants constants;
};

struct tg_squared_difference_broadcast {
    struct tg_broadcast broadcast;
    struct tg_squared_difference_constants constants;
};

/* a and b of the output's shape. */
void tg_squared_difference_s8(const struct tg_squared_difference *layer, const int8_t *a, const int8_t *b,
                              int8_t *out);

/* a and b repeated along some dimensions. */
void tg_squared_difference_broadcast_s8(const struct tg_squared_difference_broadcast *layer, const int8_t *a,
                                        const int8_t *b, int8_t *out);

TG_EXTERN_C_END

#endif
