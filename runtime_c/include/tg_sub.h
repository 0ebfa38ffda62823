/* Elementwise difference, int8, TFLite Micro's. Rule E17 of ARITHMETIC.md. The native one is a sum with a negative factor
 * (tg_add.h).
 *
 *   out = clamp(requantize(ra - rb, out) + out_zero_point), ra and rb as in tg_add.h
 *
 * `out` may be `a`, `b` or both, where it is as large.
 * Overflow: |ra|, |rb| <= 255 * 2^19.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SUB_H
#define TG_SUB_H

#include "tg_add.h"

TG_EXTERN_C_BEGIN

struct tg_sub {
    int32_t size;
    struct tg_add_constants constants;
};

struct tg_sub_broadcast {
    struct tg_broadcast broadcast;
    struct tg_add_constants constants;
};

/* a and b of the output's shape. */
void tg_sub_s8(const struct tg_sub *layer, const int8_t *a, const int8_t *b, int8_t *out);

/* a and b repeated along some dimensions. */
void tg_sub_broadcast_s8(const struct tg_sub_broadcast *layer, const int8_t *a, const int8_t *b, int8_t *out);

TG_EXTERN_C_END

#endif
