/* Fixed-point arithmetic: the twin of tinygen/fixedpoint.py. Rule numbers are those of ARITHMETIC.md.
 *
 * Right shifts of negative numbers are arithmetic, as on every compiler for these cores.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_FIXEDPOINT_H
#define TG_FIXEDPOINT_H

#include "tg_common.h"

/* Which definition of requantization a kernel is compiled for; always a compile-time constant. */
enum tg_arithmetic { TG_TFLM, TG_NATIVE };

/* A2: the low 32 bits as a signed number. */
TG_INLINE int32_t tg_wrap_int32(uint32_t x)
{
    int32_t result;

    memcpy(&result, &x, sizeof result);
    return result;
}

#if defined(__ARM_ARCH_6M__) || defined(TG_MULTIPLY_BY_HALVES)
/* For cores whose multiplier gives 32 bits only: the product as four products of halves. */
struct tg_product {
    int32_t high;    /* bits 32 to 63 */
    uint32_t middle; /* bits 16 to 31 in its low half, and above them what is part of `high` already */
};

TG_INLINE struct tg_product tg_multiply_halves(int32_t a, int32_t b)
{
    const int32_t a_high = a >> 16;
    const int32_t b_high = b >> 16;
    const uint32_t a_low = (uint32_t)a & 0xFFFFu;
    const uint32_t b_low = (uint32_t)b & 0xFFFFu;
    const int32_t first = a_high * (int32_t)b_low + (int32_t)(a_low * b_low >> 16);
    const int32_t second = (int32_t)a_low * b_high + (first & 0xFFFF);
    struct tg_product product;

    product.high = a_high * b_high + (first >> 16) + (second >> 16);
    product.middle = (uint32_t)second;
    return product;
}

/* floor(a*b / 2^32) */
TG_INLINE int32_t tg_multiply_high(int32_t a, int32_t b)
{
    return tg_multiply_halves(a, b).high;
}

/* A3: floor((a*b + 2^30) / 2^31). Not for a == b == -2^31, the only case in which it saturates. */
TG_INLINE int32_t tg_doubling_high_multiply(int32_t a, int32_t b)
{
    const struct tg_product product = tg_multiply_halves(a, b);
    const uint32_t rounded = ((product.middle >> 14 & 3u) + 1u) >> 1; /* bits 30 and 31, and a half */

    return tg_wrap_int32(((uint32_t)product.high << 1) + rounded);
}
#else
/* floor(a*b / 2^32) */
TG_INLINE int32_t tg_multiply_high(int32_t a, int32_t b)
{
    return (int32_t)((int64_t)a * b >> 32);
}

/* A3: floor((a*b + 2^30) / 2^31). Not for a == b == -2^31, the only case in which it saturates. */
TG_INLINE int32_t tg_doubling_high_multiply(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31);
}
#endif

/* A4: x / 2^exponent, exponent in 0..31, rounded half away from zero. Cannot overflow. */
TG_INLINE int32_t tg_rounding_divide_by_pot(int32_t x, int32_t exponent)
{
    const int32_t mask = (int32_t)(((uint32_t)1 << exponent) - 1u);
    const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);

    return (x >> exponent) + ((x & mask) > threshold ? 1 : 0);
}

/* A6: two roundings, as TFLite Micro. `acc` times 2^shift wraps modulo 2^32 for shift > 0. */
TG_INLINE int32_t tg_requantize_tflm(int32_t acc, int32_t multiplier, int32_t shift)
{
    const int32_t left = shift > 0 ? shift : 0;
    const int32_t right = shift > 0 ? 0 : -shift;
    const int32_t scaled = tg_wrap_int32((uint32_t)acc << left);

    return tg_rounding_divide_by_pot(tg_doubling_high_multiply(scaled, multiplier), right);
}

/* A7: one rounding, half up. shift in -31..30; |acc * multiplier| < 2^62, so the sum stays in int64. */
TG_INLINE int32_t tg_requantize_native(int32_t acc, int32_t multiplier, int32_t shift)
{
    const int32_t total = 31 - shift;
    const int64_t rounded = (int64_t)acc * multiplier + ((int64_t)1 << (total - 1));

    return tg_wrap_int32((uint32_t)(uint64_t)(rounded >> total));
}

/* A5 for exponents of 0 and above: x * 2^exponent, saturated. */
TG_INLINE int32_t tg_saturating_multiply_by_pot(int32_t x, int32_t exponent)
{
    const int32_t high = INT32_MAX >> exponent;

    if (x > high) {
        return INT32_MAX;
    }
    return x < -high - 1 ? INT32_MIN : tg_wrap_int32((uint32_t)x << exponent);
}

/* A11: 1 / (1 + a) in Q0.31 for a in [0, 1) in Q0.31, three Newton steps on x = 1 / half in Q2.29. */
TG_INLINE int32_t tg_one_over_one_plus(int32_t a)
{
    const int32_t half = (int32_t)(((int64_t)a + INT32_MAX + 1) / 2); /* of 1 + a */
    int32_t x = 1515870810 + tg_doubling_high_multiply(half, -1010580540); /* 48/17 - 32/17 * half */

    for (int32_t i = 0; i < 3; i++) {
        const int32_t error = ((int32_t)1 << 29) - tg_doubling_high_multiply(half, x);

        x += tg_saturating_multiply_by_pot(tg_doubling_high_multiply(x, error), 2);
    }
    return tg_saturating_multiply_by_pot(x, 1);
}

/* A12: zero bits above the highest one; x is not 0. */
#if defined(__ARM_FEATURE_CLZ) && defined(__GNUC__)
TG_INLINE int32_t tg_count_leading_zeros(uint32_t x)
{
    return __builtin_clz((unsigned int)x);
}
#else
TG_INLINE int32_t tg_count_leading_zeros(uint32_t x)
{
    int32_t zeros = 0;

    for (int32_t step = 16; step > 0; step /= 2) {
        if (x >> (32 - step) == 0) {
            x <<= step;
            zeros += step;
        }
    }
    return zeros;
}
#endif

/* A6 or A7. */
TG_INLINE int32_t tg_requantize(int32_t acc, int32_t multiplier, int32_t shift,
                                enum tg_arithmetic arithmetic)
{
    return arithmetic == TG_NATIVE ? tg_requantize_native(acc, multiplier, shift)
                                   : tg_requantize_tflm(acc, multiplier, shift);
}

/* The nearest int8. */
#if defined(__ARM_FEATURE_SAT) && defined(__GNUC__)
TG_INLINE int32_t tg_saturate_s8(int32_t x)
{
    int32_t result;

    __asm__("ssat %0, #8, %1" : "=r"(result) : "r"(x) : "cc");
    return result;
}
#else
TG_INLINE int32_t tg_saturate_s8(int32_t x)
{
    return x == (int8_t)x ? x : x < 0 ? -128 : 127;
}
#endif

TG_INLINE int32_t tg_clamp(int32_t x, int32_t low, int32_t high)
{
    return x < low ? low : x > high ? high : x;
}

#endif
