/* See tg_row_sums.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_row_sums.h"
#include "tg_fixedpoint.h"

TG_KERNEL void tg_mean_s8_native_of_sums(const struct tg_mean *layer, const int32_t *sums, int8_t *out)
{
    for (int32_t c = 0; c < layer->inner; c++) {
        const int32_t acc = tg_requantize(layer->bias + sums[c], layer->multiplier, layer->shift, TG_NATIVE);

        out[c] = (int8_t)tg_clamp(acc + layer->out_zero_point, -128, 127);
    }
}
