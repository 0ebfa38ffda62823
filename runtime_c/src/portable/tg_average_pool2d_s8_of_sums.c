/* See tg_row_sums.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_row_sums.h"
#include "tg_fixedpoint.h"

TG_KERNEL void tg_average_pool2d_s8_of_sums(const struct tg_pool2d *layer, const int32_t *sums, int8_t *out)
{
    const int32_t count = layer->window.in_height * layer->window.in_width;

    for (int32_t c = 0; c < layer->channels; c++) {
        const int32_t half = sums[c] > 0 ? count / 2 : -(count / 2);

        out[c] = (int8_t)tg_clamp((sums[c] + half) / count, layer->out_min, layer->out_max);
    }
}
