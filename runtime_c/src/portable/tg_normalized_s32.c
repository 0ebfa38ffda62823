/* See tg_normalized.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_normalized.h"
#include "tg_wide_root.h"

#define ONE_BITS 30

TG_INLINE int64_t with(int32_t norm, int64_t n, int32_t x)
{
    const int64_t size = x < 0 ? -(int64_t)x : x;

    if (norm == TG_NORM_SQUARES) {
        return n + size * size;
    }
    return norm == TG_NORM_SUM ? n + size : size > n ? size : n;
}

TG_KERNEL void tg_normalized_s32(const struct tg_normalized *layer, const int32_t *in, int32_t *out)
{
    int64_t length = 0;
    int32_t bits = ONE_BITS;

    for (int32_t k = 0; k < layer->count; k++) {
        length = with(layer->norm, length, in[k]);
    }
    length = length == 0 ? 1 : length;
    if (layer->norm == TG_NORM_SQUARES) {
        for (; length < (int64_t)1 << 60; length *= 4) {
            bits++;
        }
        length = tg_wide_root((uint64_t)length);
    }
    for (int32_t k = 0; k < layer->count; k++) {
        out[k] = (int32_t)(in[k] * ((int64_t)1 << bits) / length);
    }
}
