/* Numbers in place of missing ones. Rule U5 of ARITHMETIC.md.
 *
 *   out[k] = in[k], or values[k] where in[k] is missing: equal to `missing`; of float32, where not `any_nan`, by its
 *   bits, else NaN
 *
 * Values of float32 are bits.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_IMPUTED_H
#define TG_IMPUTED_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_imputed {
    int32_t count;
    int32_t any_nan;
    int32_t missing;
    const int32_t *values;
};

void tg_imputed_s8(const struct tg_imputed *layer, const int8_t *in, int8_t *out);
void tg_imputed_s16(const struct tg_imputed *layer, const int16_t *in, int16_t *out);
void tg_imputed_s32(const struct tg_imputed *layer, const int32_t *in, int32_t *out);
void tg_imputed_f32(const struct tg_imputed *layer, const float *in, float *out);

TG_EXTERN_C_END

#endif
