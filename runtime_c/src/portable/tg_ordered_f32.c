/* See tg_ordered.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_ordered.h"

#include "tg_float_order.h"

TG_KERNEL void tg_ordered_f32(const struct tg_ordered *layer, const float *in, int32_t *out)
{
    for (int32_t k = 0; k < layer->count; k++) {
        out[k] = tg_float_order(in + k);
    }
}
