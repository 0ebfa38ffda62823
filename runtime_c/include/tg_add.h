/* Elementwise sum, int8. Rules E1 and E2 of ARITHMETIC.md.
 *
 * TFLite Micro's:  out = clamp(requantize(ra + rb, out) + out_zero_point),
 *                  ra = requantize((a - a_zero_point) * 2^20, a), rb likewise; no multiplier shifts to the left
 * native:          out = clamp((a * a_factor + b * b_factor + bias) >> shift)
 *
 * `out` may be `a`, `b` or both, where it is as large.
 * Overflow: |ra|, |rb| <= 255 * 2^19; the generator bounds the native sum.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_ADD_H
#define TG_ADD_H

#include "tg_broadcast.h"
#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_add_constants {
    int32_t a_multiplier;
    int32_t b_multiplier;
    int32_t out_multiplier;
    int8_t a_shift;
    int8_t b_shift;
    int8_t out_shift;
    int8_t a_zero_point;
    int8_t b_zero_point;
    int8_t out_zero_point;
    int8_t out_min;
    int8_t out_max;
};

struct tg_add_native_constants {
    int32_t a_factor;
    int32_t b_factor;
    int32_t bias;
    int8_t shift;
    int8_t out_min;
    int8_t out_max;
};

struct tg_add {
    int32_t size;
    struct tg_add_constants constants;
};

struct tg_add_native {
    int32_t size;
    struct tg_add_native_constants constants;
};

struct tg_add_broadcast {
    struct tg_broadcast broadcast;
    struct tg_add_constants constants;
};

struct tg_add_broadcast_native {
    struct tg_broadcast broadcast;
    struct tg_add_native_constants constants;
};

/* a and b of the output's shape. */
void tg_add_s8(const struct tg_add *layer, const int8_t *a, const int8_t *b, int8_t *out);
void tg_add_s8_native(const struct tg_add_native *layer, const int8_t *a, const int8_t *b, int8_t *out);

/* a and b repeated along some dimensions. */
void tg_add_broadcast_s8(const struct tg_add_broadcast *layer, const int8_t *a, const int8_t *b, int8_t *out);
void tg_add_broadcast_s8_native(const struct tg_add_broadcast_native *layer, const int8_t *a, const int8_t *b,
                                int8_t *out);

TG_EXTERN_C_END

#endif
