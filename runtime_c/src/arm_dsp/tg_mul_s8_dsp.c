/* See tg_mul_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_fixedpoint.h"
#include "tg_mul_dsp.h"
#include "tg_simd.h"

TG_INLINE int32_t low_half(uint32_t word)
{
    return tg_wrap_int32(word << 16) >> 16;
}

TG_INLINE int32_t high_half(uint32_t word)
{
    return tg_wrap_int32(word) >> 16;
}

/* Minus a zero point, twice. */
TG_INLINE uint32_t minus_twice(int32_t zero_point)
{
    return ((uint32_t)-zero_point & 0xFFFFu) * 0x10001u;
}

TG_INLINE void store(int8_t *out, const struct tg_mul_dsp *k, int32_t doubled)
{
    *out = (int8_t)tg_ssat8(tg_smmlar(doubled, k->multiplier, k->offset + (doubled >> 31)) >> k->shift);
}

/* About 11 cycles for an element. */
TG_KERNEL void tg_mul_s8_dsp(const struct tg_mul_dsp *layer, const int8_t *a, const int8_t *b, int8_t *out)
{
    const struct tg_mul_dsp k = *layer;
    const uint32_t minus_a = minus_twice(k.a_zero_point);
    const uint32_t minus_b = minus_twice(k.b_zero_point);
    const int8_t *row_b = b;

    for (int32_t row = k.rows; row > 0; row--) {
        int32_t left = k.depth;

        b = row_b;
        for (; left >= 4; left -= 4) {
            const uint32_t word_a = tg_load_quad(a);
            const uint32_t word_b = tg_load_quad(b);
            const uint32_t even_a = tg_sxtab16(minus_a, word_a);
            const uint32_t odd_a = tg_sxtab16_ror8(minus_a, word_a);
            const uint32_t even_half = tg_sxtab16(minus_b, word_b);
            const uint32_t odd_half = tg_sxtab16_ror8(minus_b, word_b);
            const uint32_t even_b = tg_sadd16(even_half, even_half);
            const uint32_t odd_b = tg_sadd16(odd_half, odd_half);

            store(out, &k, low_half(even_a) * low_half(even_b));
            store(out + 1, &k, low_half(odd_a) * low_half(odd_b));
            store(out + 2, &k, high_half(even_a) * high_half(even_b));
            store(out + 3, &k, high_half(odd_a) * high_half(odd_b));
            a += 4;
            b += 4;
            out += 4;
        }
        for (; left > 0; left--) {
            store(out++, &k, 2 * (*a++ - k.a_zero_point) * (*b++ - k.b_zero_point));
        }
        row_b += k.b_step;
    }
}
