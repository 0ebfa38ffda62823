/* Softmax as in tg_softmax.h, whose table is computed entry by entry when it is read: a kilobyte less of constants.
 *
 *   exp_table[d] = exp(round(-d * 2^shift * multiplier / 2^31) / 2^26) in Q0.31; 0 for d > farthest
 *
 * Overflow: farthest * 2^shift < 2^31; otherwise as there.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SOFTMAX_COMPACT_H
#define TG_SOFTMAX_COMPACT_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_softmax_compact {
    int32_t rows;
    int32_t multiplier;
    int16_t depth;
    int16_t farthest;
    int8_t shift;
};

void tg_softmax_compact_s8(const struct tg_softmax_compact *layer, const int8_t *in, int8_t *out);

TG_EXTERN_C_END

#endif
