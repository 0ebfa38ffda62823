/* A ReLU whose negative side has a slope that is a tensor, int8. Rule E20 of ARITHMETIC.md.
 *
 *   v = x - x_zero_point
 *   out = clamp(requantize(v, above) + out_zero_point) for v >= 0,
 *         clamp(requantize(v * (slope - slope_zero_point), below) + out_zero_point) for v < 0
 *
 * `out` may be `x`, `slope` or both, where it is as large.
 * Overflow: the generator bounds v and 255 * 255 times the left shifts.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_PRELU_H
#define TG_PRELU_H

#include "tg_broadcast.h"
#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_prelu_constants {
    int32_t above_multiplier;
    int32_t below_multiplier;
    int8_t above_shift;
    int8_t below_shift;
    int8_t x_zero_point;
    int8_t slope_zero_point;
    int8_t out_zero_point;
    int8_t out_min;
    int8_t out_max;
};

struct tg_prelu {
    int32_t size;
    struct tg_prelu_constants constants;
};

struct tg_prelu_broadcast {
    struct tg_broadcast broadcast;
    struct tg_prelu_constants constants;
};

/* x and slope of the output's shape. */
void tg_prelu_s8(const struct tg_prelu *layer, const int8_t *x, const int8_t *slope, int8_t *out);

/* x and slope repeated along some dimensions. */
void tg_prelu_broadcast_s8(const struct tg_prelu_broadcast *layer, const int8_t *x, const int8_t *slope, int8_t *out);

TG_EXTERN_C_END

#endif
