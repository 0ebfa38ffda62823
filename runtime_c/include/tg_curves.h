/* Functions by straight lines between points, one for each number. Rule V4 of ARITHMETIC.md.
 *
 *   out[k] = v[i] + (v[i + 1] - v[i]) * ((x - p[i]) >> s) / ((p[i + 1] - p[i]) >> s), p[i] <= x < p[i + 1]
 *
 * x is in[k], p and v are the positions and values of curve k, counts[k] of each; beyond its ends a curve is flat. s is
 * the least with which the divisor has 15 bits or less.
 * Overflow: neighbouring values differ by less than 2^15, and what that is multiplied with has 15 bits.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CURVES_H
#define TG_CURVES_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_curves {
    int32_t count;
    const uint16_t *counts;
    const int32_t *positions;
    const int16_t *values;
};

void tg_curves_s32(const struct tg_curves *layer, const int32_t *in, int16_t *out);

TG_EXTERN_C_END

#endif
