/* See tg_shares.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_shares.h"

TG_INLINE uint32_t not_negative(int16_t x)
{
    return x > 0 ? (uint32_t)x : 0u;
}

TG_KERNEL void tg_shares_s16(const struct tg_shares *layer, const int16_t *in, int16_t *out)
{
    const int32_t count = layer->count;
    uint32_t sum = 0;

    for (int32_t c = 0; c < count; c++) {
        sum += not_negative(in[c]);
    }
    for (int32_t c = 0; c < count; c++) {
        const uint32_t share = sum == 0u ? 32768u / (uint32_t)count : ((not_negative(in[c]) << 15) + sum / 2u) / sum;

        out[c] = (int16_t)(share > 32767u ? 32767u : share);
    }
}
