/* The loops of tg_wide_kernel_sums.h for the type TG_VALUE, which the including file defines, as it may
 * define the function TG_KERNEL_OF from measures to kernels.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_WIDE_KERNEL_SUMS_CORE_H
#define TG_WIDE_KERNEL_SUMS_CORE_H

#include "tg_wide_kernel.h"
#include "tg_wide_kernel_sums.h"

#ifndef TG_KERNEL_OF
#define TG_KERNEL_OF tg_wide_kernel
#endif

TG_INLINE int64_t tg_wide_distance(const TG_VALUE *in, const TG_VALUE *row, int32_t depth)
{
    int64_t sum = 0;

    for (int32_t k = 0; k < depth; k++) {
        const int32_t gap = in[k] - row[k];

        sum += (int64_t)gap * gap;
    }
    return sum;
}

TG_INLINE int64_t tg_wide_product(const TG_VALUE *in, const TG_VALUE *row, int32_t depth)
{
    int64_t sum = 0;

    for (int32_t k = 0; k < depth; k++) {
        sum += (int64_t)in[k] * row[k];
    }
    return sum;
}

TG_INLINE void tg_wide_kernel_sums_of(const struct tg_wide_kernel_sums *layer, const TG_VALUE *in, int32_t *out,
                                      void *scratch)
{
    const int32_t depth = layer->depth;
    const int32_t outputs = layer->outputs;
    const TG_VALUE *row = (const TG_VALUE *)layer->rows;
    const int32_t *coefficients = layer->coefficients;
    int64_t *const sums = (int64_t *)scratch;

    for (int32_t g = 0; g < layer->groups; g++) {
        int64_t *const sum = sums + g * outputs;

        for (int32_t m = 0; m < outputs; m++) {
            sum[m] = 0;
        }
        for (int32_t n = layer->edges[g]; n < layer->edges[g + 1]; n++, row += depth) {
            const int64_t measure = layer->degree == 0 ? tg_wide_distance(in, row, depth)
                                                       : tg_wide_product(in, row, depth);
            const int64_t kernel = TG_KERNEL_OF(layer, measure);

            for (int32_t m = 0; m < outputs; m++) {
                sum[m] += kernel * *coefficients++;
            }
        }
    }
    tg_wide_kernel_outputs(layer, sums, out);
}

#endif
