/* See tg_wide_kernel_sums.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_wide_kernel_sums.h"

#include "tg_wide_kernel.h"

TG_INLINE int64_t distance(const int16_t *in, const int16_t *row, int32_t depth)
{
    int64_t sum = 0;

    for (int32_t k = 0; k < depth; k++) {
        const int32_t gap = in[k] - row[k];

        sum += (int64_t)gap * gap;
    }
    return sum;
}

TG_INLINE int64_t product(const int16_t *in, const int16_t *row, int32_t depth)
{
    int64_t sum = 0;

    for (int32_t k = 0; k < depth; k++) {
        sum += (int64_t)in[k] * row[k];
    }
    return sum;
}

TG_KERNEL void tg_wide_kernel_sums_s16(const struct tg_wide_kernel_sums *layer, const int16_t *in, int32_t *out,
                                     void *scratch)
{
    const int32_t depth = layer->depth;
    const int32_t outputs = layer->outputs;
    const int16_t *row = (const int16_t *)layer->rows;
    const int32_t *coefficients = layer->coefficients;
    int64_t *const sums = (int64_t *)scratch;

    for (int32_t g = 0; g < layer->groups; g++) {
        int64_t *const sum = sums + g * outputs;

        for (int32_t m = 0; m < outputs; m++) {
            sum[m] = 0;
        }
        for (int32_t n = layer->edges[g]; n < layer->edges[g + 1]; n++, row += depth) {
            const int64_t measure = layer->degree == 0 ? distance(in, row, depth) : product(in, row, depth);
            const int64_t kernel = tg_wide_kernel(layer, measure);

            for (int32_t m = 0; m < outputs; m++) {
                sum[m] += kernel * *coefficients++;
            }
        }
    }
    tg_wide_kernel_outputs(layer, sums, out);
}
