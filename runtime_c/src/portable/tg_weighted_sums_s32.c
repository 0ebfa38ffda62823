/* See tg_weighted_sums.h. Products of 32 by 16 bits by halves: two multiplications on every core.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_weighted_sums.h"

/* floor(x * weight / 2^16) */
TG_INLINE int32_t high_product(int32_t x, int32_t weight)
{
    const int32_t low = (int32_t)((uint32_t)x & 0xFFFFu);

    return (x >> 16) * weight + ((low * weight) >> 16);
}

TG_KERNEL void tg_weighted_sums_s32(const struct tg_weighted_sums *layer, const int32_t *in, int32_t *out)
{
    const uint16_t *column = layer->columns;
    const int16_t *weight = layer->weights;
    const uint8_t *shift = layer->shifts;

    for (int32_t c = 0; c < layer->outputs; c++) {
        int32_t sum = layer->bias[c];

        for (int32_t n = layer->counts[c]; n > 0; n--) {
            sum += high_product(in[*column++], *weight++) >> *shift++;
        }
        out[c] = sum;
    }
}
