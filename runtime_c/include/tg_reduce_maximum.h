/* Largest or smallest over dimensions, int8. Rule M4 of ARITHMETIC.md.
 *
 *   out[o][m][i] = flip ^ max over r, s of (flip ^ in[o][r][m][s][i])
 *
 * flip is 0 for the largest; -1, which turns the order of all numbers over, for the smallest.
 * Layout: in [outer][first][middle][second][inner], reduced over `first` and `second`.
 * Overflow: none.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_REDUCE_MAXIMUM_H
#define TG_REDUCE_MAXIMUM_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_reduce_maximum {
    int32_t outer;
    int32_t first;
    int32_t middle;
    int32_t second;
    int32_t inner;
    int8_t flip;
};

void tg_reduce_maximum_s8(const struct tg_reduce_maximum *layer, const int8_t *in, int8_t *out);

TG_EXTERN_C_END

#endif
