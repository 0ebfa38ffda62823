/* Elementwise sum, int8, for Helium: rules E1 and E2 of ARITHMETIC.md in one form.
 *
 *   out[i] = clamp((a[i] * a_factor + b[i] * b_factor + bias) >> (16 + shift))
 *
 * Exact: for rule E1 the generator has compared all 65,536 pairs of inputs (tinygen/kernels/add_mve.py).
 * `out` may be `a`, `b` or both. Overflow: the generator bounds the sum.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_ADD_MVE_H
#define TG_ADD_MVE_H

#include "tg_add.h"

TG_EXTERN_C_BEGIN

struct tg_add_mve {
    int32_t a_factor;
    int32_t b_factor;
    int32_t bias; /* minus half of what the last shift removes, which rounds */
    int32_t minus_shift;
    int32_t size;
    int8_t out_min;
    int8_t out_max;
};

void tg_add_s8_mve(const struct tg_add_mve *layer, const int8_t *a, const int8_t *b, int8_t *out);

/* The same by rule E1 itself (tg_add.h), for the scales for which no such form is exact. */
void tg_add_textbook_s8_mve(const struct tg_add *layer, const int8_t *a, const int8_t *b, int8_t *out);

TG_EXTERN_C_END

#endif
