/* Maximum pooling. See tg_pool2d.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_pool2d_core.h"

static void one_output(const struct tg_pool2d *layer, const struct tg_cells *cells, int8_t *out)
{
    tg_pool_one(layer, cells, out, TG_MAXIMUM);
}

TG_KERNEL void tg_max_pool2d_s8_rows(const struct tg_pool2d *layer, const int8_t *const *rows,
                                int8_t *const *out, int32_t row_count)
{
    tg_pool2d_some_rows(layer, rows, out, row_count, one_output);
}

TG_KERNEL void tg_max_pool2d_s8(const struct tg_pool2d *layer, const int8_t *in, int8_t *out)
{
    tg_pool2d_whole(layer, in, out, one_output);
}
