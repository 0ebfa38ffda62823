/* The latent mean of a Gaussian process, the smaller the less is known. Rule R17 of ARITHMETIC.md.
 *
 *   out[0] = clamp(2^26 * in[0] / floor(sqrt(n)), -(2^31 - 1), 2^31 - 1)
 *   n = max(one - sum over k > 0 of (in[k]^2 >> shift), 1)
 *
 * Overflow: `one` is below 2^61, a square at most 2^62, and n at least 1 after each of them.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SHRUNK_MEAN_H
#define TG_SHRUNK_MEAN_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_shrunk_mean {
    int32_t count;
    int32_t shift;
    int32_t one_high; /* one = one_high * 2^30 + one_low */
    int32_t one_low;
};

void tg_shrunk_mean_s32(const struct tg_shrunk_mean *layer, const int32_t *in, int32_t *out);

TG_EXTERN_C_END

#endif
