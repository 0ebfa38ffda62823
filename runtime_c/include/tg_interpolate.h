/* A function of int32 sums by a table and straight lines between its entries. Rule T7 of ARITHMETIC.md.
 *
 *   p = clamp(in[k] >> shift, -2^(bits+7), 2^(bits+7) - 1) + 2^(bits+7), i = p >> bits, f = p mod 2^bits
 *   out[k] = table[i] + ((table[i + 1] - table[i]) * f >> bits)
 *
 * Overflow: |table[i + 1] - table[i]| < 2^16 and f < 2^14.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_INTERPOLATE_H
#define TG_INTERPOLATE_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_interpolate {
    int32_t count;
    int32_t shift;
    int32_t bits;
    const int16_t *table; /* 257 entries */
};

void tg_interpolate_s32(const struct tg_interpolate *layer, const int32_t *in, int16_t *out);

TG_EXTERN_C_END

#endif
