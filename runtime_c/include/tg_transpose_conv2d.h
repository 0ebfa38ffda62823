/* Transposed 2-D convolution, int8, for any stride. Rules C1, C2, C6 of ARITHMETIC.md.
 *
 *   out[oy][ox][o] = requantize(sum (in[iy][ix][i] - in_zero_point) * weights[o][ky][kx][i])
 *
 * over iy * stride_height + ky = oy + top and ix * stride_width + kx = ox + left within the image. Most layers become
 * plain convolutions before they come here (tinygen/passes/split_transposed.py).
 *
 * Layout: tensors NHWC with N = 1, weights [O][KH][KW][I].
 * Overflow: the int32 accumulator cannot overflow; the generator bounds it for the weights of every channel.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_TRANSPOSE_CONV2D_H
#define TG_TRANSPOSE_CONV2D_H

#include "tg_common.h"
#include "tg_requantize.h"

TG_EXTERN_C_BEGIN

struct tg_transpose_conv2d {
    int16_t in_height;
    int16_t in_width;
    int16_t in_channels;
    int16_t out_height;
    int16_t out_width;
    int16_t out_channels;
    int16_t kernel_height;
    int16_t kernel_width;
    int16_t stride_height;
    int16_t stride_width;
    int16_t top;
    int16_t left;
    int8_t in_zero_point;
    const int8_t *weights;
    struct tg_requantization requantization;
};

void tg_transpose_conv2d_s8(const struct tg_transpose_conv2d *layer, const int8_t *in, int8_t *out);

TG_EXTERN_C_END

#endif
