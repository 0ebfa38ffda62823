/* See tg_scaled_features.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_scaled_features.h"

TG_KERNEL void tg_scaled_features_s32_s16(const struct tg_scaled_features *layer, const int32_t *in, int16_t *out)
{
    const int32_t reach = layer->reach;

    for (int32_t k = 0; k < layer->count; k++) {
        const int32_t product = in[layer->sources[k]] * layer->factors[k];
        const int32_t scaled = (product + layer->offsets[k]) >> layer->shifts[k];

        out[k] = (int16_t)(scaled > reach ? reach : scaled < -reach ? -reach : scaled);
    }
}
