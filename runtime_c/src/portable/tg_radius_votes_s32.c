/* See tg_row_measures.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_row_measure_s32.h"
#include "tg_row_measures.h"

TG_KERNEL void tg_radius_votes_s32(const struct tg_radius_votes *layer, const int32_t *in, int32_t *out)
{
    const int32_t *row = (const int32_t *)layer->stored;
    int32_t found = 0;

    for (int32_t c = 0; c < layer->classes; c++) {
        out[c] = 0;
    }
    for (int32_t n = 0; n < layer->rows; n++, row += layer->depth) {
        if (tg_row_measure_s32(in, row, layer->depth, layer->measure) <= layer->limit) {
            out[layer->labels[n]]++;
            found = 1;
        }
    }
    if (found == 0) {
        out[layer->outlier] = 1;
    }
}
