/* Larger and smaller values of runs of elements. See tg_maximum.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MAXIMUM_CORE_H
#define TG_MAXIMUM_CORE_H

#include "tg_fixedpoint.h"
#include "tg_maximum.h"

TG_INLINE int8_t tg_maximum_one(const struct tg_maximum_constants *k, int32_t a, int32_t b)
{
    const int32_t flip = k->flip;
    const int32_t most = (flip ^ a) > (flip ^ b) ? a : b;

    return (int8_t)tg_clamp(most, k->out_min, k->out_max);
}

#define TG_PAIR_CONSTANTS struct tg_maximum_constants
#define TG_PAIR_ONE tg_maximum_one
#include "tg_pairs.h"

#endif
