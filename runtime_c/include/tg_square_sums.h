/* Squared lengths of groups of numbers. Rule T11 of ARITHMETIC.md.
 *
 *   out[c] = bias[c] - (min(sum over r < group of t[c][r]^2, 2^30) >> shift)
 *   t      = clamp((in + half) >> shifts, -32767, 32767), half = 2^(shifts - 1), of a shift 0: 0
 *   t      = clamp(in * 2^-shifts, -32767, 32767), for shifts below 0
 *
 * Layout: in[outputs][group], shifts like it, -15..30.
 * Overflow: inputs above 2^31 - 1 - half are taken as that; a sum that reaches 2^30 stays there, so that with a square
 * it is below 2^31; bias >= -2^30.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SQUARE_SUMS_H
#define TG_SQUARE_SUMS_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_square_sums {
    int32_t outputs;
    int32_t group;
    int32_t shift;
    const int8_t *shifts;
    const int32_t *bias;
};

void tg_square_sums_s32(const struct tg_square_sums *layer, const int32_t *in, int32_t *out);

TG_EXTERN_C_END

#endif
