/* From int32 accumulators to int8. Rules A6 and A7 of ARITHMETIC.md.
 *
 * The generator knows bounds of every accumulator, and chooses for each layer the cheapest of four forms that gives
 * the same bytes for all accumulators within the bounds (tinygen/kernels/requantization.py, with the proofs):
 *
 *   TG_SINGLE           clamp(floor(4 * acc * M / 2^32) + K >> S), one rounding
 *   TG_DOUBLE           clamp(floor(2 * acc * M / 2^32 + 1/2) + K - (acc < 0) >> S), two roundings
 *                       K = (2 * out_zero_point + 1) * 2^(S - 1) + one: rounding and zero point
 *   TG_TFLM_TEXTBOOK    clamp(rule A6 with M and S, + out_zero_point)
 *   TG_NATIVE_TEXTBOOK  clamp(rule A7 with M and S, + out_zero_point)
 *
 * M is multipliers[c * channel_step] and S is shifts[c * channel_step] for channel c.
 * Overflow: 4 * acc (2 * acc) and the sum before the shift fit in int32; the generator checks it.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_REQUANTIZE_S8_H
#define TG_REQUANTIZE_S8_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

enum tg_form { TG_SINGLE, TG_DOUBLE, TG_TFLM_TEXTBOOK, TG_NATIVE_TEXTBOOK };

struct tg_requantization {
    const int32_t *multipliers;
    const int8_t *shifts;
    int8_t channel_step; /* 1, or 0 where all channels are scaled alike */
    int8_t form;         /* enum tg_form */
    int8_t one;          /* of K: 0 or 1 */
    int8_t out_zero_point;
    int8_t out_min;
    int8_t out_max;
};

/* out[p * pixel_step + i] from acc[i * pixels + p], for i in [0, channels) and p in [0, pixels); acc[0] belongs to
 * channel `channel` of the layer. */
void tg_requantize_s8(const struct tg_requantization *r, int32_t channel, int32_t channels,
                      const int32_t *acc, int32_t pixels, int8_t *out, int32_t pixel_step);

TG_EXTERN_C_END

#endif
