/* See tg_kernel_outputs.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_kernel_outputs.h"

TG_KERNEL void tg_kernel_outputs(const struct tg_kernel_sums *layer, const int32_t *sums, int32_t *out)
{
    const int32_t columns = layer->outputs;
    const int32_t *bias = layer->bias;

    if (layer->groups == 1) {
        for (int32_t m = 0; m < columns; m++) {
            out[m] = sums[m] + bias[m];
        }
        return;
    }
    for (int32_t i = 0; i < columns; i++) {
        for (int32_t j = i + 1; j <= columns; j++) {
            *out++ = sums[i * columns + j - 1] + sums[j * columns + i] + *bias++;
        }
    }
}
