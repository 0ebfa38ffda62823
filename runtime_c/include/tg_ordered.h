/* Float32 features as integers of the same order. Rule U8 of ARITHMETIC.md.
 *
 *   out[k] = order(in[k])
 *
 * order(x) is the bits of x, of a negative number with all but the sign turned over.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_ORDERED_H
#define TG_ORDERED_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_ordered {
    int32_t count;
};

void tg_ordered_f32(const struct tg_ordered *layer, const float *in, int32_t *out);

TG_EXTERN_C_END

#endif
