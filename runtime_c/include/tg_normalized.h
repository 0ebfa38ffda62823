/* A row divided by its length. Rules U4 and U9 of ARITHMETIC.md.
 *
 *   out[k] = (in[k] * inverse + half) >> shift, about 2^14 * in[k] / length; 0 where all are 0
 *
 * With n the sum of |in[k]|, the largest of them, or the sum of squares, z = clz(n), for squares made even:
 *   r = (n << z) >> 16, for squares floor(sqrt(n << z));  inverse = floor(2^31 / r);  half = 2^(shift - 1)
 *   shift = 33 - z, for squares 17 - z / 2
 *
 * Of int32 features: out[k] = 2^30 * in[k] / n, with 64 bits; of squares 2^(30 + z / 2) * in[k] / floor(sqrt(n << z)),
 * z the least even number with which n << z is no less than 2^60.
 *
 * Numbers of int16 beyond -16383..16383 count as these.
 * Overflow: |in[k]| < 2^14 and n < 2^30, so in[k] * inverse < 2^30 + 2^15. Of int32 |in[k]| <= 2^28, and no root is
 * below |in[k]| << z / 2, so quotients stay near 2^30.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_NORMALIZED_H
#define TG_NORMALIZED_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

#define TG_NORM_SUM 0
#define TG_NORM_SQUARES 1
#define TG_NORM_LARGEST 2

struct tg_normalized {
    int32_t count;
    int32_t norm; /* TG_NORM_... */
};

struct tg_length {
    int32_t inverse;
    int32_t half;
    int32_t shift;
};

void tg_normalized_s8(const struct tg_normalized *layer, const int8_t *in, int16_t *out);
void tg_normalized_s16(const struct tg_normalized *layer, const int16_t *in, int16_t *out);
void tg_normalized_s32(const struct tg_normalized *layer, const int32_t *in, int32_t *out);

TG_INLINE int32_t tg_within_14_bits(int32_t x)
{
    return x > 16383 ? 16383 : x < -16383 ? -16383 : x;
}

/* n with one number more. */
TG_INLINE uint32_t tg_length_with(int32_t norm, uint32_t n, int32_t x)
{
    const uint32_t size = (uint32_t)(x < 0 ? -x : x);

    if (norm == TG_NORM_SQUARES) {
        return n + size * size;
    }
    if (norm == TG_NORM_SUM) {
        return n + size;
    }
    return size > n ? size : n;
}

/* floor(sqrt(n)) of n >= 2^30, bit by bit. */
TG_INLINE uint32_t tg_large_root(uint32_t n)
{
    uint32_t root = 0;

    for (uint32_t bit = 1u << 15; bit != 0; bit >>= 1) {
        const uint32_t tried = root | bit;

        if (tried * tried <= n) {
            root = tried;
        }
    }
    return root;
}

TG_INLINE struct tg_length tg_length_of(int32_t norm, uint32_t n)
{
    struct tg_length length;
    int32_t zeros = 0;
    uint32_t root;

    n = n == 0 ? 1 : n;
    if (norm == TG_NORM_SQUARES) {
        for (; n < 1u << 30; n <<= 2) {
            zeros += 2;
        }
        root = tg_large_root(n);
        length.shift = 17 - zeros / 2;
    } else {
        for (; n < 1u << 31; n <<= 1) {
            zeros++;
        }
        root = n >> 16;
        length.shift = 33 - zeros;
    }
    length.inverse = (int32_t)((1u << 31) / root);
    length.half = (int32_t)(1u << (length.shift - 1));
    return length;
}

TG_EXTERN_C_END

#endif
