/* ReLUs with slopes of runs of elements. See tg_prelu.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_PRELU_CORE_H
#define TG_PRELU_CORE_H

#include "tg_fixedpoint.h"
#include "tg_prelu.h"

TG_INLINE int8_t tg_prelu_one(const struct tg_prelu_constants *k, int32_t x, int32_t slope)
{
    const int32_t v = x - k->x_zero_point;
    int32_t y;

    if (v >= 0) {
        y = tg_requantize_tflm(v, k->above_multiplier, k->above_shift);
    } else {
        y = tg_requantize_tflm(v * (slope - k->slope_zero_point), k->below_multiplier, k->below_shift);
    }
    return (int8_t)tg_clamp(y + k->out_zero_point, k->out_min, k->out_max);
}

#define TG_PAIR_CONSTANTS struct tg_prelu_constants
#define TG_PAIR_ONE tg_prelu_one
#include "tg_pairs.h"

#endif
