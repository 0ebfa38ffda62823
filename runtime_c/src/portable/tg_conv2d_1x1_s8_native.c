/* Convolution with kernels of one cell, native arithmetic. See tg_conv2d_1x1_core.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_1x1_core.h"

TG_KERNEL void tg_conv2d_1x1_s8_native_rows(const struct tg_conv2d *layer, const int8_t *const *rows,
                                            int8_t *const *out, int32_t row_count)
{
    tg_conv2d_1x1_some_rows(layer, rows, out, row_count, TG_NATIVE);
}

TG_KERNEL void tg_conv2d_1x1_s8_native(const struct tg_conv2d *layer, const int8_t *in, int8_t *out)
{
    tg_conv2d_1x1_whole(layer, in, out, TG_NATIVE);
}
