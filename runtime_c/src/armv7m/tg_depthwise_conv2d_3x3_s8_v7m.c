/* Depthwise 3x3 convolution. See tg_depthwise_3x3_columns.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_3x3_columns_core.h"
#include "tg_depthwise_columns_v7m.h"

TG_KERNEL void tg_depthwise_conv2d_3x3_s8_v7m_rows(const struct tg_depthwise_3x3_columns *layer,
                                                   const int8_t *const *rows, int8_t *const *out,
                                                   int32_t row_count, void *scratch)
{
    tg_depthwise_3x3_rows(layer, rows, out, row_count, scratch, tg_depthwise_columns_v7m);
}

TG_KERNEL void tg_depthwise_conv2d_3x3_s8_v7m(const struct tg_depthwise_3x3_columns *layer, const int8_t *in,
                                              int8_t *out, void *scratch)
{
    tg_depthwise_3x3_whole(layer, in, out, scratch, tg_depthwise_columns_v7m);
}
