/* Any function of one int8 value, as a table. Rules E3 and E4 of ARITHMETIC.md.
 *
 *   out[i] = table[in[i] + 128]
 *
 * `out` may be `in`.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_LOOKUP_H
#define TG_LOOKUP_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_lookup {
    int32_t size;
    const int8_t *table; /* 256 entries */
};

void tg_lookup_s8(const struct tg_lookup *layer, const int8_t *in, int8_t *out);

TG_EXTERN_C_END

#endif
