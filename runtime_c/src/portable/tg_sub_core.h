/* Differences of runs of elements. See tg_sub.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SUB_CORE_H
#define TG_SUB_CORE_H

#include "tg_add_core.h"
#include "tg_sub.h"

TG_INLINE int8_t tg_sub_one(const struct tg_add_constants *k, int32_t a, int32_t b)
{
    const int32_t left = (int32_t)1 << 20;
    const int32_t ra = tg_add_scale((a - k->a_zero_point) * left, k->a_multiplier, k->a_shift);
    const int32_t rb = tg_add_scale((b - k->b_zero_point) * left, k->b_multiplier, k->b_shift);
    const int32_t y = tg_add_scale(ra - rb, k->out_multiplier, k->out_shift);

    return (int8_t)tg_clamp(y + k->out_zero_point, k->out_min, k->out_max);
}

#define TG_PAIR_CONSTANTS struct tg_add_constants
#define TG_PAIR_ONE tg_sub_one
#include "tg_pairs.h"

#endif
