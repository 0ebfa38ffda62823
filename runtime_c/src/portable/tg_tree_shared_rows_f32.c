/* Trees whose leaves add to several outputs, in the _shared form. See tg_tree_sums.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_tree_walk.h"

TG_KERNEL void tg_tree_shared_rows_f32(const struct tg_tree_shared_rows *layer, const float *in, int32_t *out)
{
    const uint16_t *nodes = layer->nodes;

    tg_tree_start(layer->bias, layer->outputs, out);
    for (int32_t tree = 0; tree < layer->trees; tree++) {
        const uint32_t leaf = tg_tree_leaf_shared_f32(nodes, layer->thresholds, layer->feature_bits, in);

        tg_tree_add_entries(layer->entries + leaf, layer->output_bits, out);
        nodes += layer->sizes[tree];
    }
}
