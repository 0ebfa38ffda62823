/* See tg_wide_nearest.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_wide_nearest_list.h"

#define SHARE_BITS 30

TG_INLINE int32_t size_of(int32_t value)
{
    return value < 0 ? -value : value;
}

static int64_t gaps_of(const struct tg_wide_nearest *layer, const int32_t *in, const int32_t *row)
{
    const int32_t is_sum = layer->measure != TG_WIDE_CHEBYSHEV;
    int64_t sum = 0;

    for (int32_t k = 0; k < layer->depth; k++) {
        const int32_t gap = size_of(in[k] - row[k]);

        sum = is_sum ? sum + gap : gap > sum ? gap : sum;
    }
    return sum;
}

static int64_t product_of(const struct tg_wide_nearest *layer, const int32_t *in, const int32_t *row)
{
    int64_t sum = 0;

    for (int32_t k = 0; k < layer->depth; k++) {
        sum += (int64_t)in[k] * row[k];
    }
    return sum;
}

static int64_t shares_of(const struct tg_wide_nearest *layer, const int32_t *in, const int32_t *row)
{
    int64_t sum = 0;

    for (int32_t k = 0; k < layer->depth; k++) {
        const int32_t sizes = size_of(in[k]) + size_of(row[k]);

        sum += sizes == 0 ? 0 : ((int64_t)size_of(in[k] - row[k]) << SHARE_BITS) / sizes;
    }
    return sum;
}

static int64_t sizes_of(const struct tg_wide_nearest *layer, const int32_t *in, const int32_t *row)
{
    int64_t sum = 0;

    for (int32_t k = 0; k < layer->depth; k++) {
        sum += size_of(in[k] + row[k]);
    }
    return sum;
}

static int64_t measure_of(const struct tg_wide_nearest *layer, const int32_t *in, const int32_t *row)
{
    if (layer->measure == TG_WIDE_PRODUCT) {
        return -product_of(layer, in, row);
    }
    if (layer->measure == TG_WIDE_CANBERRA) {
        return shares_of(layer, in, row);
    }
    if (layer->measure == TG_WIDE_BRAYCURTIS) {
        const int64_t sizes = sizes_of(layer, in, row);

        return sizes == 0 ? 0 : (gaps_of(layer, in, row) << SHARE_BITS) / sizes;
    }
    return gaps_of(layer, in, row);
}

TG_KERNEL void tg_wide_nearest_measures_s32(const struct tg_wide_nearest *layer, const int32_t *in, int32_t *out,
                                            void *scratch)
{
    const int32_t count = layer->count;
    const int32_t *row = (const int32_t *)layer->stored;
    int64_t *const keys = (int64_t *)scratch;
    int64_t worst = INT64_MAX;

    tg_wide_nearest_clear(keys, out + count, count);
    for (int32_t n = 0; n < layer->rows; n++, row += layer->depth) {
        const int64_t measure = measure_of(layer, in, row);

        if (measure < worst) {
            worst = tg_wide_nearest_insert(keys, out + count, count, measure, n);
        }
    }
    tg_wide_nearest_finish(layer, keys, out);
}
