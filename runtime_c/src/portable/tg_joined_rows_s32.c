/* See tg_joined_rows.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_joined_rows.h"

static int32_t number_at(const void *in, int32_t index, int32_t type)
{
    switch (type) {
    case TG_ROW_S8:
        return ((const int8_t *)in)[index];
    case TG_ROW_S16:
        return ((const int16_t *)in)[index];
    default:
        return ((const int32_t *)in)[index];
    }
}

TG_KERNEL void tg_joined_rows_s32(const struct tg_joined_rows *layer, const void *in, int32_t *out)
{
    out += layer->offset;
    if (layer->classes > 0) {
        const int32_t found = number_at(in, 0, layer->type);

        for (int32_t c = 0; c < layer->classes; c++) {
            out[c] = c == found ? layer->factor : 0;
        }
        return;
    }
    for (int32_t k = 0; k < layer->count; k++) {
        out[k] = (number_at(in, k, layer->type) - layer->zero) * layer->factor;
    }
}
