/* Maximum pooling. See tg_pool2d_mve.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_mve_pool.h"

TG_KERNEL void tg_max_pool2d_s8_mve_rows(const struct tg_pool2d *layer, const int8_t *const *rows,
                                         int8_t *const *out, int32_t row_count, void *scratch)
{
    tg_mve_pool_rows(layer, rows, out, row_count, scratch, tg_mve_maximum);
}

TG_KERNEL void tg_max_pool2d_s8_mve(const struct tg_pool2d *layer, const int8_t *in, int8_t *out, void *scratch)
{
    tg_mve_pool_whole(layer, in, out, scratch, tg_mve_maximum);
}
