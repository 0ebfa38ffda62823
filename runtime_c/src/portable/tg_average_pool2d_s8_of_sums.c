/* See tg_row_sums.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_row_sums.h"
#include "tg_fixedpoint.h"

static int8_t mean_of(const struct tg_pool2d *layer, int32_t sum)
{
    const int32_t count = layer->window.in_height * layer->window.in_width;
    const int32_t half = sum > 0 ? count / 2 : -(count / 2);

    return (int8_t)tg_clamp((sum + half) / count, layer->out_min, layer->out_max);
}

TG_KERNEL void tg_average_pool2d_s8_of_sums(const struct tg_pool2d *layer, const int32_t *sums, int8_t *out)
{
    for (int32_t c = 0; c < layer->channels; c++) {
        out[c] = mean_of(layer, sums[c]);
    }
}

TG_KERNEL void tg_average_pool2d_s8_of_short_sums(const struct tg_pool2d *layer, const uint32_t *sums, int8_t *out)
{
    for (int32_t c = 0; c < layer->channels; c++) {
        out[c] = mean_of(layer, tg_short_sum(sums, c));
    }
}
