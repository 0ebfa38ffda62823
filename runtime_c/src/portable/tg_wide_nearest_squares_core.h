/* The loops of tg_wide_nearest_squares for the type TG_VALUE, which the including file defines.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_WIDE_NEAREST_SQUARES_CORE_H
#define TG_WIDE_NEAREST_SQUARES_CORE_H

#include "tg_wide_nearest_list.h"

/* The sum of squares; where it reaches `worst`, any that does. */
TG_INLINE int64_t tg_wide_square_sum(const TG_VALUE *in, const TG_VALUE *row, int32_t depth, int64_t worst)
{
    int64_t sum = 0;
    int32_t k = 0;

    for (; k + 4 <= depth && sum < worst; k += 4) {
        const int32_t a = in[k] - row[k];
        const int32_t b = in[k + 1] - row[k + 1];
        const int32_t c = in[k + 2] - row[k + 2];
        const int32_t d = in[k + 3] - row[k + 3];

        sum += (int64_t)a * a;
        sum += (int64_t)b * b;
        sum += (int64_t)c * c;
        sum += (int64_t)d * d;
    }
    for (; k < depth && sum < worst; k++) {
        const int32_t gap = in[k] - row[k];

        sum += (int64_t)gap * gap;
    }
    return sum;
}

TG_INLINE void tg_wide_nearest_squares(const struct tg_wide_nearest *layer, const TG_VALUE *in, int32_t *out,
                                       int64_t *keys)
{
    const int32_t depth = layer->depth;
    const int32_t count = layer->count;
    const TG_VALUE *row = (const TG_VALUE *)layer->stored;
    int64_t worst = INT64_MAX;

    tg_wide_nearest_clear(keys, out + count, count);
    for (int32_t n = 0; n < layer->rows; n++, row += depth) {
        const int64_t sum = tg_wide_square_sum(in, row, depth, worst);

        if (sum < worst) {
            worst = tg_wide_nearest_insert(keys, out + count, count, sum, n);
        }
    }
    tg_wide_nearest_finish(layer, keys, out);
}

#endif
