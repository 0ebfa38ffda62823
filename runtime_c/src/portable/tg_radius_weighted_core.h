/* Weighted votes and means of tg_row_measures.h for the type TG_VALUE and the function TG_MEASURE, which the including
 * file defines.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_RADIUS_WEIGHTED_CORE_H
#define TG_RADIUS_WEIGHTED_CORE_H

#include "tg_neighbor_weight.h"
#include "tg_row_measures.h"

/* The least measure, if it is at most the limit; else any that is more. */
TG_INLINE int32_t tg_nearest_within(const TG_VALUE *in, const TG_VALUE *row, int32_t rows, int32_t depth,
                                    int32_t measure)
{
    int32_t least = INT32_MAX;

    for (int32_t n = 0; n < rows; n++, row += depth) {
        const int32_t found = TG_MEASURE(in, row, depth, measure);

        least = found < least ? found : least;
    }
    return least;
}

TG_INLINE void tg_radius_weighted_votes(const struct tg_radius_votes *layer, const TG_VALUE *in, int32_t *out)
{
    const TG_VALUE *row = (const TG_VALUE *)layer->stored;
    const int32_t least = tg_nearest_within(in, row, layer->rows, layer->depth, layer->measure);

    for (int32_t c = 0; c < layer->classes; c++) {
        out[c] = 0;
    }
    if (least > layer->limit) {
        out[layer->outlier] = 1;
        return;
    }
    for (int32_t n = 0; n < layer->rows; n++, row += layer->depth) {
        const int32_t found = TG_MEASURE(in, row, layer->depth, layer->measure);

        if (found <= layer->limit) {
            out[layer->labels[n]] += tg_neighbor_weight(layer->weights, least, found);
        }
    }
}

TG_INLINE void tg_radius_weighted_means(const struct tg_radius_means *layer, const TG_VALUE *in, int32_t *out,
                                        int64_t *sums)
{
    const int32_t outputs = layer->outputs;
    const int16_t *values = layer->values;
    const TG_VALUE *row = (const TG_VALUE *)layer->stored;
    const int32_t least = tg_nearest_within(in, row, layer->rows, layer->depth, layer->measure);
    int32_t total = 0;

    for (int32_t m = 0; m < outputs; m++) {
        sums[m] = 0;
    }
    for (int32_t n = 0; n < layer->rows; n++, row += layer->depth, values += outputs) {
        const int32_t found = TG_MEASURE(in, row, layer->depth, layer->measure);

        if (found <= layer->limit) {
            const int32_t weight = tg_neighbor_weight(layer->weights, least, found);

            total += weight;
            for (int32_t m = 0; m < outputs; m++) {
                sums[m] += (int64_t)weight * values[m];
            }
        }
    }
    for (int32_t m = 0; m < outputs; m++) {
        out[m] = layer->bias[m] + (int32_t)(sums[m] * 256 / (total == 0 ? 1 : total));
    }
}

#endif
