/* Shares of several classes that fit those of pairs of classes best. Rule V6 of ARITHMETIC.md.
 *
 *   out = the least of sum over pairs of (r[j][i] * out[i] - r[i][j] * out[j])^2, out with the sum 2^15, about
 *
 * r[i][j] = 2^-15 * in[pair], clamped to 8..2^15 - 8, for i < j in the order (0, 1), (0, 2), ..., (1, 2), ...; r[j][i] =
 * 1 - r[i][j]. Class by class the share that is best beside the others, then all are divided by their sum, until what is
 * left of the gradient is below `tolerance`, or 100 times.
 * Scratch, aligned to 8: int64 shares [classes] and products [classes], int32 form [classes][classes].
 * Overflow: with up to 32 classes and 26 bits numbers of the form are below 31 * 2^26, products too: their products stay
 * below 2^62.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_COUPLED_SHARES_H
#define TG_COUPLED_SHARES_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_coupled_shares {
    int32_t classes;
    int32_t tolerance; /* with 26 bits */
};

void tg_coupled_shares_s16(const struct tg_coupled_shares *layer, const int16_t *in, int16_t *out, void *scratch);

TG_EXTERN_C_END

#endif
