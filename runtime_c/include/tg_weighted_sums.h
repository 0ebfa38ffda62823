/* Sums of a few weighted columns. Rule V2 of ARITHMETIC.md.
 *
 *   out[c] = bias[c] + sum over the entries of c of ((in[columns[e]] * weights[e]) >> 16) >> shifts[e]
 *
 * counts[c] entries belong to output c, one behind the other.
 * Overflow: the halves of a product are below 2^31; the generator has proved that no partial sum leaves int32.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_WEIGHTED_SUMS_H
#define TG_WEIGHTED_SUMS_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_weighted_sums {
    int32_t outputs;
    const uint16_t *counts;
    const uint16_t *columns;
    const int16_t *weights;
    const uint8_t *shifts;
    const int32_t *bias;
};

void tg_weighted_sums_s32(const struct tg_weighted_sums *layer, const int32_t *in, int32_t *out);

TG_EXTERN_C_END

#endif
