/* See tg_imputed.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_imputed.h"

#include "tg_float_order.h"

TG_KERNEL void tg_imputed_f32(const struct tg_imputed *layer, const float *in, float *out)
{
    for (int32_t k = 0; k < layer->count; k++) {
        union {
            float number;
            int32_t bits;
        } found;

        found.bits = tg_float_bits(in + k);
        if (layer->any_nan ? (found.bits & INT32_MAX) > 0x7f800000 : found.bits == layer->missing) {
            found.bits = layer->values[k];
        }
        out[k] = found.number;
    }
}
