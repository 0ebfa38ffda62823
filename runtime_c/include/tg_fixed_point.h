/* Float32 features to int16 or int32, without floating-point arithmetic. Rule T5 of ARITHMETIC.md.
 *
 *   out[k] = clamp(trunc(in[k] * 2^e[k]) - offsets[k], -reach, reach - 1), shifts[k] = 158 - e[k], e in -97..100
 *
 * NaN is taken as an infinity of its sign.
 * Overflow: magnitudes from 2^30 on, which saturate the result, are taken as 2^30 + 2^29.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_FIXED_POINT_H
#define TG_FIXED_POINT_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_fixed_point {
    int32_t count;
    int32_t reach;
    const uint8_t *shifts;
    const int32_t *offsets; /* -2^29..2^29 */
};

void tg_fixed_point_f32(const struct tg_fixed_point *layer, const float *in, int16_t *out);
void tg_fixed_point_f32_s32(const struct tg_fixed_point *layer, const float *in, int32_t *out);

TG_EXTERN_C_END

#endif
