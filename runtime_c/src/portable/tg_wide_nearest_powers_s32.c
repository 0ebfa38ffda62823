/* See tg_wide_nearest.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_fixedpoint.h"
#include "tg_wide_nearest_list.h"

#define GAP_BITS 30

/* gap > 0. Overflow: terms are less than 2^31 together, the part f is less than 1. */
TG_INLINE int64_t power_of(const struct tg_wide_nearest_powers *layer, int32_t gap)
{
    const int32_t place = 31 - tg_count_leading_zeros((uint32_t)gap);
    const int64_t part = ((int64_t)gap << (GAP_BITS - place)) - ((int64_t)1 << GAP_BITS);
    int64_t value = layer->terms[layer->terms_count - 1];

    for (int32_t i = layer->terms_count - 2; i >= 0; i--) {
        value = ((value * part) >> GAP_BITS) + layer->terms[i];
    }
    return (value * layer->factors[place]) >> layer->shifts[place];
}

TG_KERNEL void tg_wide_nearest_powers_s32(const struct tg_wide_nearest_powers *layer, const int32_t *in, int32_t *out,
                                          void *scratch)
{
    const int32_t count = layer->nearest.count;
    const int32_t depth = layer->nearest.depth;
    const int32_t *row = (const int32_t *)layer->nearest.stored;
    int64_t *const keys = (int64_t *)scratch;
    int64_t worst = INT64_MAX;

    tg_wide_nearest_clear(keys, out + count, count);
    for (int32_t n = 0; n < layer->nearest.rows; n++, row += depth) {
        int64_t sum = 0;

        for (int32_t k = 0; k < depth && sum < worst; k++) {
            const int32_t gap = in[k] > row[k] ? in[k] - row[k] : row[k] - in[k];

            sum += gap == 0 ? 0 : power_of(layer, gap);
        }
        if (sum < worst) {
            worst = tg_wide_nearest_insert(keys, out + count, count, sum, n);
        }
    }
    tg_wide_nearest_finish(&layer->nearest, keys, out);
}
