/* Depthwise 3x3 convolution. See tg_depthwise_3x3_sliding.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_3x3_sliding_core.h"
#include "tg_depthwise_sliding_rv32.h"

TG_KERNEL void tg_depthwise_conv2d_3x3_s8_rv32_rows(const struct tg_depthwise_3x3_sliding *layer,
                                                   const int8_t *const *rows, int8_t *const *out,
                                                   int32_t row_count, void *scratch)
{
    tg_depthwise_3x3_sliding_rows(layer, rows, out, row_count, scratch, tg_depthwise_sliding_rv32);
}

TG_KERNEL void tg_depthwise_conv2d_3x3_s8_rv32(const struct tg_depthwise_3x3_sliding *layer, const int8_t *in,
                                              int8_t *out, void *scratch)
{
    tg_depthwise_3x3_sliding_whole(layer, in, out, scratch, tg_depthwise_sliding_rv32);
}
