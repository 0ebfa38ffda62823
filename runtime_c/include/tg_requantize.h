/* From sums of products to int8. Rules A6 and A7 of ARITHMETIC.md.
 *
 * The generator knows bounds of every sum, and chooses for each layer the cheapest form that it has proved to give the
 * same bytes for all sums within them (tinygen/kernels/requantization.py, tinygen/proofs). With t = sum * 2^prescale
 * + biases[c], M = multipliers[c * channel_step], S = shifts[c * channel_step] and out_zero_point z:
 *
 *   TG_ONE_SHIFT        clamp(floor(t * M / 2^32) >> shifts[0])
 *   TG_FAST             clamp(floor(t * M / 2^32) + K + (t < 0 ? sign : 0) >> S), K = (2 * z + 1) * 2^(S - 1) + one
 *   TG_TFLM_TEXTBOOK    clamp(rule A6 for sum + biases[c] with M and S, + z)
 *   TG_NATIVE_TEXTBOOK  clamp(rule A7 for sum + biases[c] with M and S, + z)
 *
 * Overflow: t fits in int32, and so does what is shifted. Sums may wrap before the bias is added, the result does not.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_REQUANTIZE_H
#define TG_REQUANTIZE_H

#include "tg_common.h"
#include "tg_fixedpoint.h"

enum tg_form { TG_ONE_SHIFT, TG_FAST, TG_TFLM_TEXTBOOK, TG_NATIVE_TEXTBOOK };

struct tg_requantization {
    const int32_t *biases; /* minus the input's zero point times the sum of the channel's weights */
    const int32_t *multipliers;
    const int8_t *shifts;
    int8_t channel_step; /* 1, or 0 where all channels are scaled alike */
    int8_t form;         /* enum tg_form */
    int8_t prescale;
    int8_t one;  /* 0 or 1 */
    int8_t sign; /* 0 or -2 */
    int8_t out_zero_point;
    int8_t out_min;
    int8_t out_max;
};

/* t */
TG_INLINE int32_t tg_scaled_sum(int32_t sum, int32_t prescale, int32_t bias)
{
    return tg_wrap_int32(((uint32_t)sum << prescale) + (uint32_t)bias);
}

/* TG_FAST before the clamp, and with offset = sign = 0 TG_ONE_SHIFT. */
TG_INLINE int32_t tg_fast(int32_t t, int32_t multiplier, int32_t offset, int32_t sign, int32_t shift)
{
    return (tg_multiply_high(t, multiplier) + offset + (t >> 31 & sign)) >> shift;
}

/* K of TG_FAST. */
TG_INLINE int32_t tg_fast_offset(const struct tg_requantization *r, int32_t shift)
{
    return (2 * r->out_zero_point + 1) * ((int32_t)1 << (shift - 1)) + r->one;
}

#endif
