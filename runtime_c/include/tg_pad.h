/* Adds cells of one value around a tensor of up to four dimensions. Rule D3 of ARITHMETIC.md.
 *
 * Overflow: sizes are int32.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_PAD_H
#define TG_PAD_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_pad {
    const int32_t *shape;  /* [4], of the input */
    const int32_t *before; /* [4], cells added at the start of each dimension */
    const int32_t *after;  /* [4], and at its end */
    int8_t value;
};

void tg_pad_s8(const struct tg_pad *layer, const int8_t *in, int8_t *out);

TG_EXTERN_C_END

#endif
