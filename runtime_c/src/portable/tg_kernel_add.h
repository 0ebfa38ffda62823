/* Adds what four rows have to add: sums[m] += (sum over r of coefficients[m][r] * kernels[r]) >> shift
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_KERNEL_ADD_H
#define TG_KERNEL_ADD_H

#include "tg_kernel_sums.h"
#include "tg_row_products.h"

TG_INLINE void tg_kernel_add(const struct tg_kernel_sums *layer, const int16_t *coefficients, const int32_t *kernels,
                          int32_t *sums)
{
    const int32_t outputs = layer->outputs;
    const int32_t shift = layer->sum_shift;
    const int32_t a = kernels[0];
    const int32_t b = kernels[1];
    const int32_t c = kernels[2];
    const int32_t d = kernels[3];

    for (int32_t m = 0; m < outputs; m++, coefficients += TG_TILE_ROWS) {
        const int32_t four = a * coefficients[0] + b * coefficients[1] + c * coefficients[2] + d * coefficients[3];

        sums[m] += four >> shift;
    }
}

#endif
