/* Depthwise convolution, TFLite Micro's arithmetic. See tg_depthwise_conv2d_core.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_conv2d_core.h"

TG_KERNEL void tg_depthwise_conv2d_s8_rows(const struct tg_depthwise_conv2d *layer,
                                           const int8_t *const *rows, int8_t *const *out,
                                           int32_t row_count, void *scratch)
{
    tg_depthwise_conv2d_some_rows(layer, rows, out, row_count, scratch, TG_TFLM, TG_ANY_WINDOW);
}

TG_KERNEL void tg_depthwise_conv2d_s8(const struct tg_depthwise_conv2d *layer, const int8_t *in,
                                      int8_t *out, void *scratch)
{
    tg_depthwise_conv2d_whole(layer, in, out, scratch, TG_TFLM, TG_ANY_WINDOW);
}
