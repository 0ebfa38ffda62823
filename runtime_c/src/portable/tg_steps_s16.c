/* See tg_steps.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_steps.h"

TG_KERNEL void tg_steps_s16(const struct tg_steps *layer, const int16_t *in, int16_t *out)
{
    const int32_t *edges = layer->edges;
    const int16_t *values = layer->values;

    for (int32_t k = 0; k < layer->count; k++) {
        const int32_t count = layer->counts[k];

        out[k] = values[tg_edges_below(edges, count, in[layer->sources[k]])];
        edges += count;
        values += count + 1;
    }
}
