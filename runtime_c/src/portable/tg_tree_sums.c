/* Any forest. See tg_tree_sums.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_tree_sums.h"

#include "tg_float_order.h"

static int32_t feature_at(const void *in, int32_t index, int32_t type)
{
    switch (type) {
    case TG_FEATURE_S8:
        return ((const int8_t *)in)[index];
    case TG_FEATURE_S16:
        return ((const int16_t *)in)[index];
    case TG_FEATURE_S32:
        return ((const int32_t *)in)[index];
    default:
        return tg_float_order((const float *)in + index);
    }
}

TG_KERNEL void tg_tree_sums(const struct tg_tree_table *layer, const void *in, int32_t *out)
{
    for (int32_t c = 0; c < layer->outputs; c++) {
        out[c] = layer->bias[c];
    }
    for (int32_t tree = 0; tree < layer->trees; tree++) {
        int32_t node = layer->roots[tree];
        const int32_t *leaf;

        while (node >= 0) {
            const int32_t x = feature_at(in, layer->features[node], layer->type);

            node = layer->children[2 * node + (x > layer->thresholds[node] ? 1 : 0)];
        }
        leaf = layer->leaves + ~node * layer->outputs;
        for (int32_t c = 0; c < layer->outputs; c++) {
            out[c] += leaf[c];
        }
    }
}
