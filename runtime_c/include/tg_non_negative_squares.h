/* Least squares with numbers that are not negative, by going through them in turns. Rule U7 of ARITHMETIC.md.
 *
 *   out = 0; up to `sweeps` times, until a sweep changes nothing, for k = 0, 1, ...:
 *     out[k] = max(0, in[k] - ((sum over l of overlaps[k][l] * out[l] + 2^29) >> 30))
 *
 * Layout: overlaps [count][count], from 0 to 2^30, 0 where k = l.
 * Overflow: 0 <= out[k] <= max(0, in[k]); the generator has proved that sums stay below 2^61.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_NON_NEGATIVE_SQUARES_H
#define TG_NON_NEGATIVE_SQUARES_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_non_negative_squares {
    int32_t count;
    int32_t sweeps;
    const int32_t *overlaps;
};

void tg_non_negative_squares_s32(const struct tg_non_negative_squares *layer, const int32_t *in, int32_t *out);

TG_EXTERN_C_END

#endif
