/* Convolution for Armv6-M. See tg_conv2d.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_core.h"
#include "tg_dense_one_s8_v6m.h"

static void multiply_pixels(const struct tg_dense *dense, const int8_t *x, const int8_t *y, int8_t *out,
                            int32_t out_step)
{
    tg_dense_one_s8_v6m(dense, x, out);
    if (y) {
        tg_dense_one_s8_v6m(dense, y, out + out_step);
    }
}

TG_KERNEL void tg_conv2d_s8_v6m_rows(const struct tg_conv2d *layer, const int8_t *const *rows, int8_t *const *out,
                                     int32_t row_count, void *scratch)
{
    tg_conv2d_some_rows(layer, rows, out, row_count, scratch, multiply_pixels);
}

TG_KERNEL void tg_conv2d_s8_v6m(const struct tg_conv2d *layer, const int8_t *in, int8_t *out, void *scratch)
{
    tg_conv2d_whole(layer, in, out, scratch, multiply_pixels);
}
