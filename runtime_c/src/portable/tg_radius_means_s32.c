/* See tg_row_measures.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_row_measure_s32.h"
#include "tg_row_measures.h"

TG_KERNEL void tg_radius_means_s32(const struct tg_radius_means *layer, const int32_t *in, int32_t *out)
{
    const int32_t outputs = layer->outputs;
    const int32_t *row = (const int32_t *)layer->stored;
    const int16_t *values = layer->values;
    int32_t found = 0;

    for (int32_t m = 0; m < outputs; m++) {
        out[m] = 0;
    }
    for (int32_t n = 0; n < layer->rows; n++, row += layer->depth, values += outputs) {
        if (tg_row_measure_s32(in, row, layer->depth, layer->measure) <= layer->limit) {
            found++;
            for (int32_t m = 0; m < outputs; m++) {
                out[m] += values[m];
            }
        }
    }
    for (int32_t m = 0; m < outputs; m++) {
        out[m] = layer->bias[m] + (int32_t)((int64_t)out[m] * 256 / (found == 0 ? 1 : found));
    }
}
