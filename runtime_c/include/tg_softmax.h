/* Softmax over the last axis, int8 to int8 of scale 1/256 and zero point -128. Rules S1 to S3 of ARITHMETIC.md.
 *
 *   out[r][c] = e[c] / sum over k of e[k] in that scale, e[k] = exp_table[max of row r - in[r][k]]
 *
 * Layout: [rows][depth]. `out` may be `in`.
 * Overflow: the sum of depth <= 4095 exponentials in Q12.19 stays below 2^31.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SOFTMAX_H
#define TG_SOFTMAX_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_softmax {
    int32_t rows;
    int32_t depth;
    const int32_t *exp_table; /* 256 exponentials in Q0.31; entry 0 is 2^31 - 1 */
};

void tg_softmax_s8(const struct tg_softmax *layer, const int8_t *in, int8_t *out);

TG_EXTERN_C_END

#endif
