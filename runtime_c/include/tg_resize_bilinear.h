/* Bilinear resizing. Rule D6 of ARITHMETIC.md.
 *
 * Output row v lies at s = v * row_step + row_start in the input, in units of 1/1024 row. It is made of row
 * y0 = max(s, 0) / 1024 with weight 1024 - (s - 1024 * y0), and of the next one, if there is one, with what is left of
 * 1024. Columns likewise. out = the sum of the four products with both weights, over 2^20, rounded to nearest, ties away
 * from 0.
 *
 * Layout: tensors NHWC with N = 1. Overflow: weights are at most 1536 in absolute value, so four products add up to at most
 * 2^29; positions stay below 1024 * 2^15 + 1024.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_RESIZE_BILINEAR_H
#define TG_RESIZE_BILINEAR_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_resize_bilinear {
    int16_t in_height;
    int16_t in_width;
    int16_t out_height;
    int16_t out_width;
    int16_t channels;
    int32_t row_step;
    int32_t row_start;
    int32_t column_step;
    int32_t column_start;
};

void tg_resize_bilinear_s8(const struct tg_resize_bilinear *layer, const int8_t *in, int8_t *out);

TG_EXTERN_C_END

#endif
