/* Mean over dimensions, int8, for the DSP extension: four neighbouring results at a time. Rules M1 and M2 of
 * ARITHMETIC.md.
 *
 *   out[o][m][i] = ssat8((floor(t * multiplier / 2^32) + offset + (t < 0 ? sign : 0)) >> 16)
 *   t = (bias + sum over r, s of in[o][r][m][s][i]) << prescale
 *
 * The generator proves that this is the rule's byte for every sum there can be (tinygen/proofs/requantization.py).
 * Layout: that of tg_mean.h, with four or more values in `inner`; the last four overlap those before them.
 * Overflow: every t and every result fits in int32.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MEAN_DSP_H
#define TG_MEAN_DSP_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_mean_dsp {
    int32_t outer;
    int32_t first;
    int32_t middle;
    int32_t second;
    int32_t inner;
    int32_t bias; /* minus the input's zero point times the number of values */
    int32_t multiplier;
    int32_t offset;
    int32_t sign;
    int32_t prescale;
};

void tg_mean_s8_dsp(const struct tg_mean_dsp *layer, const int8_t *in, int8_t *out);

TG_EXTERN_C_END

#endif
