/* Fixed-point numbers of float32, from their bits: tg_fixed_point.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_FLOAT_FIXED_H
#define TG_FLOAT_FIXED_H

#include "tg_common.h"
#include "tg_float_order.h"

/* trunc(|x| * 2^e) of a number of so many bits, shift = 158 - e; at most 2^30 + 2^29. A denormal number is taken as one
 * with the hidden bit: both are shifted away. */
TG_INLINE int32_t tg_float_magnitude(uint32_t bits, int32_t shift)
{
    const int32_t right = shift - (int32_t)((bits >> 23) & 255u);

    if ((uint32_t)(right - 2) > 29u) {
        return right < 2 ? (1 << 30) + (1 << 29) : 0;
    }
    return (int32_t)(((bits << 8) | 0x80000000u) >> right);
}

/* clamp(trunc(x * 2^e) - offset, -reach, reach - 1) */
TG_INLINE int32_t tg_float_fixed(const float *x, int32_t shift, int32_t offset, int32_t reach)
{
    const int32_t bits = tg_float_bits(x);
    const int32_t magnitude = tg_float_magnitude((uint32_t)bits, shift);
    const int32_t y = (bits < 0 ? -magnitude : magnitude) - offset;

    if ((uint32_t)(y + reach) >= 2u * (uint32_t)reach) {
        return y < 0 ? -reach : reach - 1;
    }
    return y;
}

#endif
