/* Takes a box out of a tensor of up to four dimensions. Rule D5 of ARITHMETIC.md.
 *
 *   out[i][j][k][l] = in[first + i * steps[0] + j * steps[1] + k * steps[2] + l]
 *
 * Overflow: sizes are int32.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CROP_H
#define TG_CROP_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_crop {
    const int32_t *shape; /* [4], of the output */
    const int32_t *steps; /* [3], between cells of the input */
    int32_t first;        /* the cell where the box begins */
};

void tg_crop_s8(const struct tg_crop *layer, const int8_t *in, int8_t *out);

TG_EXTERN_C_END

#endif
