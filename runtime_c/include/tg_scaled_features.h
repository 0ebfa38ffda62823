/* Features brought to one scale. Rule R1 of ARITHMETIC.md.
 *
 *   out[k] = clamp((in[sources[k]] * factors[k] + offsets[k]) >> shifts[k], -reach, reach)
 *
 * Shifts are arithmetic.
 * Overflow: the generator has proved that products and sums fit in int32.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SCALED_FEATURES_H
#define TG_SCALED_FEATURES_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_scaled_features {
    int32_t count;
    int32_t reach;
    const int16_t *sources;
    const int16_t *factors;
    const int32_t *offsets;
    const int16_t *shifts;
};

void tg_scaled_features_s8_s8(const struct tg_scaled_features *layer, const int8_t *in, int8_t *out);
void tg_scaled_features_s16_s8(const struct tg_scaled_features *layer, const int16_t *in, int8_t *out);
void tg_scaled_features_s32_s8(const struct tg_scaled_features *layer, const int32_t *in, int8_t *out);
void tg_scaled_features_s8_s16(const struct tg_scaled_features *layer, const int8_t *in, int16_t *out);
void tg_scaled_features_s16_s16(const struct tg_scaled_features *layer, const int16_t *in, int16_t *out);
void tg_scaled_features_s32_s16(const struct tg_scaled_features *layer, const int32_t *in, int16_t *out);

TG_EXTERN_C_END

#endif
