/* Numbers as shares of their sum, in units of 2^-15. Rule V5 of ARITHMETIC.md.
 *
 *   out[c] = min((max(in[c], 0) * 2^15 + sum / 2) / sum, 32767), sum of all max(in[c], 0); of a sum of 0: 2^15 / count
 *
 * Overflow: a number is below 2^15, and there are at most 4096: the dividend is below 2^31.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SHARES_H
#define TG_SHARES_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_shares {
    int32_t count;
};

void tg_shares_s16(const struct tg_shares *layer, const int16_t *in, int16_t *out);

TG_EXTERN_C_END

#endif
