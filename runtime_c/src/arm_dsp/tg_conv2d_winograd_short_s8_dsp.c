/* See tg_conv2d_winograd_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_winograd_compact.h"
#include "tg_conv2d_winograd_short.h"

TG_KERNEL void tg_conv2d_winograd_short_s8_dsp(const struct tg_conv2d_winograd_dsp *layer, const int8_t *in,
                                               int8_t *out, void *scratch)
{
    const int32_t row_bytes = layer->window.in_width * layer->in_channels;
    int8_t *const pad_row = (int8_t *)scratch;
    const struct tg_winograd_image image = {in, out, NULL, NULL, layer->window.out_height, pad_row};

    (void)memset(pad_row, layer->in_zero_point, (size_t)row_bytes);
    tg_conv2d_winograd_compact(layer, &image, pad_row + (row_bytes + 7) / 8 * 8, tg_conv2d_winograd_short);
}
