/* See tg_scaled_features.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_scaled_features.h"

TG_KERNEL void tg_scaled_features_s16_s8(const struct tg_scaled_features *layer, const int16_t *in, int8_t *out)
{
    const int32_t reach = layer->reach;

    for (int32_t k = 0; k < layer->count; k++) {
        const int32_t product = in[layer->sources[k]] * layer->factors[k];
        const int32_t scaled = (product + layer->offsets[k]) >> layer->shifts[k];

        out[k] = (int8_t)(scaled > reach ? reach : scaled < -reach ? -reach : scaled);
    }
}
