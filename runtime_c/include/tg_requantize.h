/* From int32 accumulators to int8. Rules A6 and A7 of ARITHMETIC.md.
 *
 * The generator knows bounds of every accumulator. Where they prove that it gives the same bytes, which is nearly
 * always (tinygen/kernels/requantization.py, with the proof), one form serves both arithmetics:
 *
 *   TG_FAST             clamp(floor(4 * acc * M / 2^32) + K + (acc < 0 ? sign : 0) >> S)
 *                       K = (2 * out_zero_point + 1) * 2^(S - 1) + one: rounding and zero point
 *   TG_TFLM_TEXTBOOK    clamp(rule A6 with M and S, + out_zero_point)
 *   TG_NATIVE_TEXTBOOK  clamp(rule A7 with M and S, + out_zero_point)
 *
 * M is multipliers[c * channel_step] and S is shifts[c * channel_step] for channel c.
 * Overflow: 4 * acc and the sum before the shift fit in int32; the generator checks it.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_REQUANTIZE_H
#define TG_REQUANTIZE_H

#include "tg_common.h"
#include "tg_fixedpoint.h"

enum tg_form { TG_FAST, TG_TFLM_TEXTBOOK, TG_NATIVE_TEXTBOOK };

struct tg_requantization {
    const int32_t *multipliers;
    const int8_t *shifts;
    int8_t channel_step; /* 1, or 0 where all channels are scaled alike */
    int8_t form;         /* enum tg_form */
    int8_t one;          /* 0 or 1 */
    int8_t sign;         /* 0 or -2 */
    int8_t out_zero_point;
    int8_t out_min;
    int8_t out_max;
};

/* TG_FAST without the clamp. */
TG_INLINE int32_t tg_fast(int32_t acc, int32_t multiplier, int32_t offset, int32_t sign, int32_t shift)
{
    return (tg_multiply_high(acc * 4, multiplier) + offset + (acc >> 31 & sign)) >> shift;
}

#endif
