/* Decisions between two classes each, and their votes. Rules R7 and R8 of ARITHMETIC.md.
 *
 *   tg_pair_decisions_s32   out[pair of i and j] = bias[pair] + in[i][j - 1] + in[j][i], for all i < j in order
 *   tg_pair_votes_s32       out[c] = the number of pairs that class c wins: i where in[pair] > 0, else j
 *
 * Layout: in [classes][classes - 1] and [pairs].
 * Overflow: the generator has proved that the sums fit in int32.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_PAIRS_H
#define TG_PAIRS_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_pair_decisions {
    int32_t classes;
    const int32_t *bias;
};

struct tg_pair_votes {
    int32_t classes;
};

void tg_pair_decisions_s32(const struct tg_pair_decisions *layer, const int32_t *in, int32_t *out);
void tg_pair_votes_s32(const struct tg_pair_votes *layer, const int32_t *in, int32_t *out);

TG_EXTERN_C_END

#endif
