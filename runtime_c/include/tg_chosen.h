/* Some features of a row. Rule U6 of ARITHMETIC.md.
 *
 *   out[k] = in[sources[k]]
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CHOSEN_H
#define TG_CHOSEN_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_chosen {
    int32_t count;
    const int16_t *sources;
};

void tg_chosen_s8(const struct tg_chosen *layer, const int8_t *in, int8_t *out);
void tg_chosen_s16(const struct tg_chosen *layer, const int16_t *in, int16_t *out);
void tg_chosen_s32(const struct tg_chosen *layer, const int32_t *in, int32_t *out);
void tg_chosen_f32(const struct tg_chosen *layer, const float *in, float *out);

TG_EXTERN_C_END

#endif
