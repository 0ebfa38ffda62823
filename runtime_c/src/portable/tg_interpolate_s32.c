/* See tg_interpolate.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_interpolate.h"

TG_KERNEL void tg_interpolate_s32(const struct tg_interpolate *layer, const int32_t *in, int16_t *out)
{
    const int32_t bits = layer->bits;
    const int32_t reach = (int32_t)(1u << (bits + 7));
    const int32_t mask = (int32_t)((1u << bits) - 1u);

    for (int32_t k = 0; k < layer->count; k++) {
        int32_t p = in[k] >> layer->shift;
        const int16_t *entry;

        p = (p < -reach ? -reach : p >= reach ? reach - 1 : p) + reach;
        entry = layer->table + (p >> bits);
        out[k] = (int16_t)(entry[0] + (((entry[1] - entry[0]) * (p & mask)) >> bits));
    }
}
