/* See tg_arg_max.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_arg_max.h"

TG_KERNEL void tg_arg_max_s32(const struct tg_arg_max *layer, const int32_t *in, int32_t *out)
{
    int32_t best = in[0];
    int32_t index = 0;

    if (layer->count == 1) {
        *out = best > layer->threshold ? 1 : 0;
        return;
    }
    for (int32_t c = 1; c < layer->count; c++) {
        if (in[c] > best) {
            best = in[c];
            index = c;
        }
    }
    *out = index;
}
