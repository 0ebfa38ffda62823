/* See tg_row_measures.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_measured_root.h"
#include "tg_row_measure_s8.h"
#include "tg_row_measures.h"

TG_KERNEL void tg_row_distances_s8(const struct tg_row_distances *layer, const int8_t *in, int32_t *out)
{
    const int8_t *row = (const int8_t *)layer->stored;

    for (int32_t n = 0; n < layer->rows; n++, row += layer->depth) {
        out[n] = tg_measured_root(tg_row_measure_s8(in, row, layer->depth, TG_MEASURE_SQUARED));
    }
}
