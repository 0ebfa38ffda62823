/* Upsampling by repetition. Rule D4 of ARITHMETIC.md.
 *
 *   out[oy][ox][c] = in[oy / factor_height][ox / factor_width][c]
 *
 * Layout: tensors NHWC; rows of several images follow each other. Overflow: sizes are int32.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_UPSAMPLING2D_H
#define TG_UPSAMPLING2D_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_upsampling2d {
    int32_t in_rows; /* of all images */
    int32_t in_width;
    int32_t channels;
    int32_t factor_height;
    int32_t factor_width;
    int32_t out_step; /* bytes from pixel to pixel of the output */
};

void tg_upsampling2d_s8(const struct tg_upsampling2d *layer, const int8_t *in, int8_t *out);

TG_EXTERN_C_END

#endif
