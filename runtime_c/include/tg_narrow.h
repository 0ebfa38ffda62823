/* Int32 sums to int16 values, by a power of two. Rule T6 of ARITHMETIC.md.
 *
 *   out[k] = (clamp(in[k], least, most) + half) >> shift, half = 2^(shift - 1), of shift 0: 0
 *
 * The bounds are those of sums whose results are the least and largest that are wanted; a `least` of 0 makes it a ReLU.
 * Overflow: most <= 2^31 - 1 - half.
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
    int32_t least;
    int32_t most;
};

void tg_narrow_s32(const struct tg_narrow *layer, const int32_t *in, int16_t *out);

TG_EXTERN_C_END

#endif
