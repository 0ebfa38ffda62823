/* See tg_narrow.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_narrow.h"

TG_KERNEL void tg_narrow_s32(const struct tg_narrow *layer, const int32_t *in, int16_t *out)
{
    const int32_t half = layer->half;
    const int32_t most = INT32_MAX - half;
    const int32_t shift = layer->shift;
    const int32_t low = layer->low;
    const int32_t high = layer->high;
    const int32_t *const end = in + layer->count;

    for (; in != end; in++, out++) {
        int32_t y = ((*in > most ? most : *in) + half) >> shift;

        y = y < low ? low : y;
        *out = (int16_t)(y > high ? high : y);
    }
}
