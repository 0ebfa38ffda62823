/* See tg_chosen.h. Bits are copied as integers: cores need no unit for floating point.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_chosen.h"

#include "tg_float_order.h"

TG_KERNEL void tg_chosen_f32(const struct tg_chosen *layer, const float *in, float *out)
{
    const int16_t *const end = layer->sources + layer->count;

    for (const int16_t *source = layer->sources; source != end; source++) {
        union {
            float number;
            int32_t bits;
        } copy;

        copy.bits = tg_float_bits(in + *source);
        *out++ = copy.number;
    }
}
