/* Votes of decisions between two classes each. Rules R7 and R8 of ARITHMETIC.md.
 *
 *   out[c] = the number of pairs i < j that class c wins: i where in[pair] > 0, else j
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_PAIR_VOTES_H
#define TG_PAIR_VOTES_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_pair_votes {
    int32_t classes;
};

void tg_pair_votes_s32(const struct tg_pair_votes *layer, const int32_t *in, int32_t *out);

TG_EXTERN_C_END

#endif
