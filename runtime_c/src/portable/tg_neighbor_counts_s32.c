/* See tg_neighbors.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_neighbors.h"

TG_KERNEL void tg_neighbor_counts_s32(const struct tg_neighbor_counts *layer, const int32_t *in, int32_t *out)
{
    const int32_t *const rows = in + layer->count;

    for (int32_t c = 0; c < layer->classes; c++) {
        out[c] = 0;
    }
    for (int32_t i = 0; i < layer->count; i++) {
        out[layer->labels[rows[i]]]++;
    }
}
