/* The weighted median of a row. Rule V3 of ARITHMETIC.md.
 *
 *   out[0] = the least in[i] for which 2 * (sum of weights[j] with in[j] <= in[i]) >= total
 *
 * total is the sum of all weights, below 2^30; no weight is negative.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_WEIGHTED_MEDIAN_H
#define TG_WEIGHTED_MEDIAN_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_weighted_median {
    int32_t count;
    int32_t total;
    const int32_t *weights;
};

void tg_weighted_median_s32(const struct tg_weighted_median *layer, const int32_t *in, int32_t *out);

TG_EXTERN_C_END

#endif
