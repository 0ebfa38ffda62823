/* The elementwise product in both arithmetics. See tg_mul.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MUL_CORE_H
#define TG_MUL_CORE_H

#include "tg_fixedpoint.h"
#include "tg_mul.h"

TG_INLINE int8_t tg_mul_one(const struct tg_mul_constants *k, int32_t a, int32_t b, enum tg_arithmetic arithmetic)
{
    const int32_t product = (a - k->a_zero_point) * (b - k->b_zero_point);
    const int32_t y = arithmetic == TG_NATIVE ? (product * k->factor + k->bias) >> k->shift
                                              : tg_requantize_tflm(product, k->factor, k->shift) + k->bias;

    return (int8_t)tg_clamp(y, k->out_min, k->out_max);
}

/* `size` elements; a and b advance by their steps, which may be 0. */
TG_INLINE void tg_mul_run(const struct tg_mul_constants *constants, int32_t size, const int8_t *a, int32_t a_step,
                          const int8_t *b, int32_t b_step, int8_t *out, enum tg_arithmetic arithmetic)
{
    const struct tg_mul_constants k = *constants;
    const int8_t *const end = out + size;

    while (out != end) {
        *out++ = tg_mul_one(&k, *a, *b, arithmetic);
        a += a_step;
        b += b_step;
    }
}

TG_INLINE void tg_mul_repeated(const struct tg_broadcast *broadcast, const struct tg_mul_constants *constants,
                               const int8_t *a, const int8_t *b, int8_t *out, enum tg_arithmetic arithmetic)
{
    const int32_t *shape = broadcast->shape;
    const int32_t *sa = broadcast->a_strides;
    const int32_t *sb = broadcast->b_strides;

    for (int32_t i = 0; i < shape[0]; i++) {
        for (int32_t j = 0; j < shape[1]; j++) {
            for (int32_t k = 0; k < shape[2]; k++) {
                tg_mul_run(constants, shape[3], a + i * sa[0] + j * sa[1] + k * sa[2], sa[3],
                           b + i * sb[0] + j * sb[1] + k * sb[2], sb[3], out, arithmetic);
                out += shape[3];
            }
        }
    }
}

#endif
