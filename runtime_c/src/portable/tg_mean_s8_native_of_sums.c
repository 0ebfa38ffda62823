/* See tg_row_sums.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_row_sums.h"
#include "tg_fixedpoint.h"

static int8_t mean_of(const struct tg_mean *layer, int32_t sum)
{
    const int32_t acc = tg_requantize(layer->bias + sum, layer->multiplier, layer->shift, TG_NATIVE);

    return (int8_t)tg_clamp(acc + layer->out_zero_point, -128, 127);
}

TG_KERNEL void tg_mean_s8_native_of_sums(const struct tg_mean *layer, const int32_t *sums, int8_t *out)
{
    for (int32_t c = 0; c < layer->inner; c++) {
        out[c] = mean_of(layer, sums[c]);
    }
}

TG_KERNEL void tg_mean_s8_native_of_short_sums(const struct tg_mean *layer, const uint32_t *sums, int8_t *out)
{
    for (int32_t c = 0; c < layer->inner; c++) {
        out[c] = mean_of(layer, tg_short_sum(sums, c));
    }
}
