/* See tg_column_tables.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_column_tables.h"

TG_KERNEL void tg_column_tables_s8(const struct tg_column_tables *layer, const int8_t *in, int16_t *out)
{
    const int16_t *table = layer->entries;

    for (int32_t k = 0; k < layer->count; k++) {
        const int32_t segments = layer->segments[k];

        out[k] = tg_column_table(table, segments, layer->shifts[k], in[layer->sources[k]] - layer->firsts[k]);
        table += segments + 1;
    }
}
