/* Clips every value. See tg_clip.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_clip.h"
#include "tg_fixedpoint.h"

TG_KERNEL void tg_clip_s8(const struct tg_clip *layer, const int8_t *in, int8_t *out)
{
    const int32_t low = layer->low;
    const int32_t high = layer->high;
    const int8_t *const end = in + layer->size;

    while (in != end) {
        *out++ = (int8_t)tg_clamp(*in++, low, high);
    }
}
