/* Elementwise product, int8. Rules E11 and E12 of ARITHMETIC.md.
 *
 *   p = (a - a_zero_point) * (b - b_zero_point)
 *   TFLite Micro's:  out = clamp(requantize(p, factor, shift) + bias), bias being the output's zero point
 *   native:          out = clamp((p * factor + bias) >> shift)
 *
 * `out` may be `a`, `b` or both, where it is as large.
 * Overflow: |p| <= 255 * 255; the generator bounds p * 2^shift (TFLite Micro's) and p * factor + bias (native).
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MUL_H
#define TG_MUL_H

#include "tg_broadcast.h"
#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_mul_constants {
    int32_t factor;
    int32_t bias;
    int8_t shift; /* positive: to the left for TFLite Micro's, to the right for native */
    int8_t a_zero_point;
    int8_t b_zero_point;
    int8_t out_min;
    int8_t out_max;
};

struct tg_mul {
    int32_t size;
    struct tg_mul_constants constants;
};

struct tg_mul_native {
    int32_t size;
    struct tg_mul_constants constants;
};

struct tg_mul_broadcast {
    struct tg_broadcast broadcast;
    struct tg_mul_constants constants;
};

struct tg_mul_broadcast_native {
    struct tg_broadcast broadcast;
    struct tg_mul_constants constants;
};

/* a and b of the output's shape. */
void tg_mul_s8(const struct tg_mul *layer, const int8_t *a, const int8_t *b, int8_t *out);
void tg_mul_s8_native(const struct tg_mul_native *layer, const int8_t *a, const int8_t *b, int8_t *out);

/* a and b repeated along some dimensions. */
void tg_mul_broadcast_s8(const struct tg_mul_broadcast *layer, const int8_t *a, const int8_t *b, int8_t *out);
void tg_mul_broadcast_s8_native(const struct tg_mul_broadcast_native *layer, const int8_t *a, const int8_t *b,
                                int8_t *out);

TG_EXTERN_C_END

#endif
