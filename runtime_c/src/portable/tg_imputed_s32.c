/* See tg_imputed.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_imputed.h"

TG_KERNEL void tg_imputed_s32(const struct tg_imputed *layer, const int32_t *in, int32_t *out)
{
    for (int32_t k = 0; k < layer->count; k++) {
        out[k] = in[k] == layer->missing ? layer->values[k] : in[k];
    }
}
