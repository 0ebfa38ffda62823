/* See tg_fixed_point.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_fixed_point.h"

#include "tg_float_fixed.h"

TG_KERNEL void tg_fixed_point_f32_s32(const struct tg_fixed_point *layer, const float *in, int32_t *out)
{
    const uint8_t *shift = layer->shifts;
    const int32_t *offset = layer->offsets;
    const int32_t reach = layer->reach;
    const float *const end = in + layer->count;

    for (; in != end; in++) {
        *out++ = tg_float_fixed(in, *shift++, *offset++, reach);
    }
}
