/* See tg_row_measures.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_measured_root.h"
#include "tg_row_measures.h"

TG_KERNEL void tg_outlier_factor_s32(const struct tg_outlier_factor *layer, const int32_t *in, int32_t *out)
{
    const int32_t *const rows = in + layer->count;
    int64_t reaches = 0;
    int64_t densities = 0;
    int64_t y;

    for (int32_t i = 0; i < layer->count; i++) {
        const int32_t far = tg_measured_root(in[i]);
        const int32_t reach = layer->reaches[rows[i]];

        reaches += far > reach ? far : reach;
        densities += layer->densities[rows[i]];
    }
    y = layer->bias - ((reaches * densities) >> layer->shift);
    *out = y < INT32_MIN ? INT32_MIN : (int32_t)y;
}
