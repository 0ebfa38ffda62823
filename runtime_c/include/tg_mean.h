/* Mean over dimensions, int8. Rules M1 and M2 of ARITHMETIC.md.
 *
 *   out[o][m][i] = clamp(requantize(bias + sum over r, s of in[o][r][m][s][i]) + out_zero_point)
 *
 * Layout: in [outer][first][middle][second][inner], reduced over `first` and `second`.
 * Overflow: below 2^23 values are summed.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MEAN_H
#define TG_MEAN_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_mean {
    int32_t outer;
    int32_t first;
    int32_t middle;
    int32_t second;
    int32_t inner;
    int32_t bias; /* minus the input's zero point times the number of values */
    int32_t multiplier;
    int8_t shift;
    int8_t out_zero_point;
};

void tg_mean_s8(const struct tg_mean *layer, const int8_t *in, int8_t *out);
void tg_mean_s8_native(const struct tg_mean *layer, const int8_t *in, int8_t *out);

TG_EXTERN_C_END

#endif
