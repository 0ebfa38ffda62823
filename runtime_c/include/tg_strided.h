/* Takes elements at regular distances, in any order: transposition, strided slices, repetition, int8. Rules D7 to D9 of
 * ARITHMETIC.md.
 *
 *   out[i, j, ...] = in[first + i * steps[0] + j * steps[1] + ...], out in row-major order over `shape`
 *
 * Steps are negative where cells are taken backwards, 0 where they repeat. `out` must not overlap `in`.
 * Overflow: sizes are int32.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_STRIDED_H
#define TG_STRIDED_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

#define TG_STRIDED_DIMENSIONS 8

struct tg_strided {
    const int32_t *shape; /* [rank] */
    const int32_t *steps; /* [rank], in elements */
    int32_t rank;         /* 1 to TG_STRIDED_DIMENSIONS */
    int32_t first;
};

void tg_strided_s8(const struct tg_strided *layer, const int8_t *in, int8_t *out);

TG_EXTERN_C_END

#endif
