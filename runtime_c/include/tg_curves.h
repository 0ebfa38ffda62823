/* Functions by straight lines between points, one for each number. Rule V4 of ARITHMETIC.md.
 *
 *   out[k] = v[i] + (v[i + 1] - v[i]) * ((x - p[i]) >> s) / ((p[i + 1] - p[i]) >> s), p[i] <= x < p[i + 1]
 *
 * x is in[k], p and v are the positions and values of curve k, counts[k] of each; beyond its ends a curve is flat. s is
 * the least with which the divisor has 15 bits or less.
 * tg_curves_s32_wide: values are int32, s is 0.
 * Overflow: neighbouring values differ by less than 2^15, and what that is multiplied with has 15 bits. Wide values
 * are within 2^29.
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
    const void *values; /* int16, of tg_curves_s32_wide int32 */
};

void tg_curves_s32(const struct tg_curves *layer, const int32_t *in, int16_t *out);
void tg_curves_s32_wide(const struct tg_curves *layer, const int32_t *in, int32_t *out);

/* The point of the last of `count` positions, less one, that is at most x; x is within them. */
TG_INLINE int32_t tg_line_of(const int32_t *positions, int32_t count, int32_t x)
{
    int32_t first = 0;
    int32_t last = count - 1;

    while (last - first > 1) {
        const int32_t middle = (first + last) / 2;

        if (positions[middle] <= x) {
            first = middle;
        } else {
            last = middle;
        }
    }
    return first;
}

TG_EXTERN_C_END

#endif
