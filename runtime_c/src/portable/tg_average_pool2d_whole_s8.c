/* See tg_average_pool2d_whole.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_average_pool2d_whole.h"
#include "tg_fixedpoint.h"

TG_KERNEL void tg_average_pool2d_whole_s8(const struct tg_average_pool2d_whole *layer, const int8_t *in, int8_t *out)
{
    const int32_t channels = layer->channels;
    const int32_t pixels = layer->pixels;

    for (int32_t c = 0; c < channels; c++) {
        const int8_t *x = in + c;
        int32_t sum = 0;

        for (int32_t left = pixels; left > 0; left--) {
            sum += *x;
            x += channels;
        }
        sum += sum > 0 ? pixels / 2 : -(pixels / 2);
        out[c] = (int8_t)tg_clamp(sum / pixels, layer->out_min, layer->out_max);
    }
}
