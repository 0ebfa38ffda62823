/* Int32 sums to int16 values, by a power of two. Rule T6 of ARITHMETIC.md.
 *
 *   out[k] = clamp((in[k] + half) >> shift, low, high), half = 2^(shift - 1), of shift 0: 0
 *
 * A `low` of 0 makes it a ReLU.
 * Overflow: sums above 2^31 - 1 - half are taken as that.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_NARROW_H
#define TG_NARROW_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_narrow {
    int32_t count;
    int32_t shift;
    int32_t half;
    int32_t low;
    int32_t high;
};

void tg_narrow_s32(const struct tg_narrow *layer, const int32_t *in, int16_t *out);

TG_EXTERN_C_END

#endif
