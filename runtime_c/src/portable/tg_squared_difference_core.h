/* Squares of differences of runs of elements. See tg_squared_difference.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SQUARED_DIFFERENCE_CORE_H
#define TG_SQUARED_DIFFERENCE_CORE_H

#include "tg_fixedpoint.h"
#include "tg_squared_difference.h"

TG_INLINE int8_t tg_squared_difference_one(const struct tg_squared_difference_constants *k, int32_t a, int32_t b)
{
    const int32_t left = (int32_t)1 << 7;
    const int32_t ra = tg_requantize_tflm((a - k->a_zero_point) * left, k->a_multiplier, k->a_shift);
    const int32_t rb = tg_requantize_tflm((b - k->b_zero_point) * left, k->b_multiplier, k->b_shift);
    const int32_t y = tg_requantize_tflm((ra - rb) * (ra - rb), k->out_multiplier, k->out_shift);

    return (int8_t)tg_clamp(y + k->out_zero_point, k->out_min, k->out_max);
}

#define TG_PAIR_CONSTANTS struct tg_squared_difference_constants
#define TG_PAIR_ONE tg_squared_difference_one
#include "tg_pairs.h"

#endif
