/* See tg_normalized.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_normalized.h"

TG_KERNEL void tg_normalized_s8(const struct tg_normalized *layer, const int8_t *in, int16_t *out)
{
    const int32_t count = layer->count;
    struct tg_length length;
    uint32_t size = 0;

    for (int32_t k = 0; k < count; k++) {
        size = tg_length_with(layer->norm, size, in[k]);
    }
    length = tg_length_of(layer->norm, size);
    for (int32_t k = 0; k < count; k++) {
        out[k] = (int16_t)((in[k] * length.inverse + length.half) >> length.shift);
    }
}
