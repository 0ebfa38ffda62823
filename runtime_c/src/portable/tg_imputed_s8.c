/* See tg_imputed.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_imputed.h"

TG_KERNEL void tg_imputed_s8(const struct tg_imputed *layer, const int8_t *in, int8_t *out)
{
    for (int32_t k = 0; k < layer->count; k++) {
        out[k] = in[k] == layer->missing ? (int8_t)layer->values[k] : in[k];
    }
}
