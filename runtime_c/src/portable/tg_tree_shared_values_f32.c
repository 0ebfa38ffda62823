/* Trees whose leaves add to one output each, in the _shared form. See tg_tree_sums.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_tree_walk.h"

TG_KERNEL void tg_tree_shared_values_f32(const struct tg_tree_shared_values *layer, const float *in, int32_t *out)
{
    const uint16_t *nodes = layer->nodes;

    tg_tree_start(layer->bias, layer->outputs, out);
    for (int32_t tree = 0; tree < layer->trees; tree++) {
        const uint32_t leaf = tg_tree_leaf_shared_f32(nodes, layer->thresholds, layer->feature_bits, in);

        out[layer->targets[tree]] += layer->values[leaf];
        nodes += layer->sizes[tree];
    }
}
