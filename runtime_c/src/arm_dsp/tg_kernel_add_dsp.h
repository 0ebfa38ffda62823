/* Adds what four rows have to add: sums[m] += (sum over r of coefficients[m][r] * kernels[r]) >> shift. Kernels fit in int16.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_KERNEL_ADD_DSP_H
#define TG_KERNEL_ADD_DSP_H

#include "tg_kernel_sums.h"
#include "tg_row_products.h"
#include "tg_simd.h"

TG_INLINE void tg_kernel_add_dsp(const struct tg_kernel_sums *layer, const int16_t *coefficients, const int32_t *kernels,
                              int32_t *sums)
{
    const int32_t outputs = layer->outputs;
    const int32_t shift = layer->sum_shift;
    const uint32_t ab = tg_pkhbt_lsl16((uint32_t)kernels[0], (uint32_t)kernels[1]);
    const uint32_t cd = tg_pkhbt_lsl16((uint32_t)kernels[2], (uint32_t)kernels[3]);

    for (int32_t m = 0; m < outputs; m++, coefficients += TG_TILE_ROWS) {
        const int32_t two = tg_smlad(tg_load_pair(coefficients), ab, 0);

        sums[m] += tg_smlad(tg_load_pair(coefficients + TG_PAIR), cd, two) >> shift;
    }
}

#endif
