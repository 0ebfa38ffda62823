/* See tg_conv2d_winograd_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_winograd_compact.h"
#include "tg_conv2d_winograd_fast.h"

TG_KERNEL void tg_conv2d_winograd_compact_s8_dsp(const struct tg_conv2d_winograd_dsp *layer, const int8_t *in,
                                                 int8_t *out, void *scratch)
{
    const struct tg_winograd_image image = {in, out, NULL, NULL, layer->window.out_height, layer->pad_row};

    tg_conv2d_winograd_compact(layer, &image, scratch, tg_conv2d_winograd_fast);
}

TG_KERNEL void tg_conv2d_winograd_compact_s8_dsp_rows(const struct tg_conv2d_winograd_dsp *layer,
                                                      const int8_t *const *rows, int8_t *const *out,
                                                      int32_t row_count, void *scratch)
{
    const struct tg_winograd_image image = {NULL, NULL, rows, out, row_count, layer->pad_row};

    tg_conv2d_winograd_compact(layer, &image, scratch, tg_conv2d_winograd_fast);
}
