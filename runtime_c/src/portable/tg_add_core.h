/* One sum of the elementwise addition, in both arithmetics. See tg_add.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_ADD_CORE_H
#define TG_ADD_CORE_H

#include "tg_add.h"
#include "tg_fixedpoint.h"

/* A6 for a multiplier that does not shift to the left. */
TG_INLINE int32_t tg_add_scale(int32_t x, int32_t multiplier, int32_t shift)
{
    return tg_rounding_divide_by_pot(tg_doubling_high_multiply(x, multiplier), -shift);
}

TG_INLINE int8_t tg_add_one(const struct tg_add_constants *k, int32_t a, int32_t b)
{
    const int32_t left = (int32_t)1 << 20;
    const int32_t ra = tg_add_scale((a - k->a_zero_point) * left, k->a_multiplier, k->a_shift);
    const int32_t rb = tg_add_scale((b - k->b_zero_point) * left, k->b_multiplier, k->b_shift);
    const int32_t y = tg_add_scale(ra + rb, k->out_multiplier, k->out_shift);

    return (int8_t)tg_clamp(y + k->out_zero_point, k->out_min, k->out_max);
}

TG_INLINE int8_t tg_add_one_native(const struct tg_add_native_constants *k, int32_t a, int32_t b)
{
    return (int8_t)tg_clamp((a * k->a_factor + b * k->b_factor + k->bias) >> k->shift, k->out_min, k->out_max);
}

#endif
