/* Float32 numbers as integers of the same order, by their bits. Rule T1 of ARITHMETIC.md.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_FLOAT_ORDER_H
#define TG_FLOAT_ORDER_H

#include "tg_common.h"

/* The bits of a float32 in memory. A union, because Armv6-M compilers call memcpy() for addresses they know nothing of. */
TG_INLINE int32_t tg_float_bits(const float *number)
{
    union {
        float number;
        int32_t bits;
    } both;

    both.number = *number;
    return both.bits;
}

/* An int32 that is larger the larger the number is; -0 comes just below 0, NaN beyond the infinities. */
TG_INLINE int32_t tg_float_order(const float *number)
{
    const int32_t bits = tg_float_bits(number);

    return bits < 0 ? bits ^ INT32_MAX : bits;
}

/* A constant to compare with, which compilers must load: they would rather add three times to one they have. */
TG_INLINE int32_t tg_float_threshold(int32_t order)
{
#ifdef __GNUC__
    __asm__("" : "+r"(order));
#endif
    return order;
}

#endif
