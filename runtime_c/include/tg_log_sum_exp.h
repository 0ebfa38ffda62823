/* The logarithm of a sum of exponentials. Rule T12 of ARITHMETIC.md.
 *
 *   p      = min((largest in - in[c]) >> shift, 2^(bits+8) - 1), i = p >> bits, f = p mod 2^bits
 *   total  = sum over c of exponentials[i] + ((exponentials[i + 1] - exponentials[i]) * f >> bits)
 *   n      = floor(log2(total)), m = total * 2^(30 - n), i = bits 22..29 of m, f = bits 8..21 of m
 *   log    = (n - 15) * 2^14 + logarithms[i] + ((logarithms[i + 1] - logarithms[i]) * f >> 14)
 *   out[0] = clamp(largest in, -2^30, 2^30) + ((log * factor + 2^(factor_shift - 1)) >> factor_shift)
 *
 * Overflow: at most 4096 scores: total < 2^27, |log| < 13 * 2^14, factor < 2^13: their product is below 2^31 - 2^28,
 * and half of it below 2^30.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_LOG_SUM_EXP_H
#define TG_LOG_SUM_EXP_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_log_sum_exp {
    int32_t count;
    int32_t shift;
    int32_t bits;
    int32_t factor;
    int32_t factor_shift;
    const int16_t *exponentials; /* 257 entries, falling from 32767 */
    const int16_t *logarithms;   /* 257 entries, rising from 0 to 2^14 */
};

void tg_log_sum_exp_s32(const struct tg_log_sum_exp *layer, const int32_t *in, int32_t *out);

TG_EXTERN_C_END

#endif
