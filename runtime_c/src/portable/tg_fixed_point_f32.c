/* See tg_fixed_point.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_fixed_point.h"

#include "tg_float_order.h"

/* floor(number * 2^exponent), saturated to +-(2^31 - 1). */
static int32_t whole_of(const float *number, int32_t exponent)
{
    const int32_t bits = tg_float_bits(number);
    const int32_t biased = (bits >> 23) & 255;
    const int32_t magnitude = (bits & 0x7FFFFF) | (biased > 0 ? 0x800000 : 0);
    const int32_t mantissa = bits < 0 ? -magnitude : magnitude;
    const int32_t left = (biased > 0 ? biased : 1) - 150 + exponent;

    if (left > 7 && magnitude != 0) {
        return bits < 0 ? -INT32_MAX : INT32_MAX;
    }
    if (left >= 0) {
        return mantissa * (int32_t)(1u << (left & 7));
    }
    return mantissa >> (left < -31 ? 31 : -left);
}

TG_KERNEL void tg_fixed_point_f32(const struct tg_fixed_point *layer, const float *in, int16_t *out)
{
    for (int32_t k = 0; k < layer->count; k++) {
        const int32_t whole = whole_of(in + k, layer->exponents[k]);
        const int32_t offset = layer->offsets[k];

        const int32_t most = layer->reach - 1;

        out[k] = (int16_t)(whole >= offset + most ? most : whole <= offset - most - 1 ? -most - 1 : whole - offset);
    }
}
