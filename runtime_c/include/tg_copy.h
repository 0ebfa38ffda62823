/* Copies bytes: operators that only give a tensor another shape. Rule D1 of ARITHMETIC.md.
 *
 * `out` may be `in`.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_COPY_H
#define TG_COPY_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_copy {
    int32_t size;
};

void tg_copy_s8(const struct tg_copy *layer, const int8_t *in, int8_t *out);

TG_EXTERN_C_END

#endif
