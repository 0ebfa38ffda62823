/* See tg_fixed_point.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_fixed_point.h"

#include "tg_float_order.h"

/* The magnitude of a number of so many bits, saturated to 2^31 - 1. A denormal number is taken as one with the hidden
 * bit: both are shifted away. */
TG_INLINE uint32_t magnitude_of(uint32_t bits, int32_t shift)
{
    const int32_t right = shift - (int32_t)((bits >> 23) & 255u);
    const uint32_t mantissa = (bits & 0x7FFFFFu) | 0x800000u;

    if (right >= 0) {
        return mantissa >> (right > 31 ? 31 : right);
    }
    return right >= -7 ? mantissa << -right : (uint32_t)INT32_MAX;
}

TG_KERNEL void tg_fixed_point_f32(const struct tg_fixed_point *layer, const float *in, int16_t *out)
{
    const int16_t *shift = layer->shifts;
    const int32_t *offset = layer->offsets;
    const int32_t most = layer->reach - 1;
    const float *const end = in + layer->count;

    for (; in != end; in++, out++, shift++, offset++) {
        const int32_t bits = tg_float_bits(in);
        const int32_t magnitude = (int32_t)magnitude_of((uint32_t)bits, *shift);
        const int32_t whole = bits < 0 ? -magnitude : magnitude;
        const int32_t low = *offset - most - 1;
        const int32_t high = *offset + most;

        *out = (int16_t)((whole < low ? low : whole > high ? high : whole) - *offset);
    }
}
