/* Functions of one int8 value, for Helium: tg_lookup.h and tg_clip.h with five to eight instructions for 16 values.
 *
 * `out` may be `in`.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_UNARY_MVE_H
#define TG_UNARY_MVE_H

#include "tg_clip.h"
#include "tg_lookup.h"

TG_EXTERN_C_BEGIN

void tg_lookup_s8_mve(const struct tg_lookup *layer, const int8_t *in, int8_t *out);
void tg_clip_s8_mve(const struct tg_clip *layer, const int8_t *in, int8_t *out);

TG_EXTERN_C_END

#endif
