/* See tg_neighbors.h. The weights are computed twice: there is no memory for them.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_neighbor_weight.h"
#include "tg_neighbors.h"

#define SHARE_BITS 15

TG_KERNEL void tg_neighbor_means_s32(const struct tg_neighbor_means *layer, const int32_t *in, int32_t *out)
{
    const int32_t outputs = layer->outputs;
    int32_t sum = 0;

    for (int32_t i = 0; i < layer->count; i++) {
        sum += tg_neighbor_weight(layer->weights, in[0], in[i]);
    }
    for (int32_t m = 0; m < outputs; m++) {
        out[m] = 0;
    }
    for (int32_t i = 0; i < layer->count; i++) {
        const int16_t *const values = layer->values + in[layer->count + i] * outputs;
        int32_t share = tg_neighbor_weight(layer->weights, in[0], in[i]);

        if (layer->weights != TG_UNIFORM) {
            share = (int32_t)tg_neighbor_weight_share((uint32_t)share, (uint32_t)sum, SHARE_BITS);
        }
        for (int32_t m = 0; m < outputs; m++) {
            out[m] += share * values[m];
        }
    }
    for (int32_t m = 0; m < outputs; m++) {
        out[m] = (out[m] >> layer->shift) + layer->bias[m];
    }
}
