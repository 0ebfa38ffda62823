/* 2-D convolution, dense or grouped, int8. Rules C1 to C3 of ARITHMETIC.md.
 *
 *   out[oy][ox][o] = requantize(sum in[oy*sh + ky*dh - top][ox*sw + kx*dw - left][i]
 *                                                   * weights[o][ky][kx][i])
 *
 * Layout: tensors NHWC with N = 1. Weights of each group: blocks of four output channels, interleaved
 * [kernel_height][kernel_width][in_channels / groups][4], then the channels that are left, one after the other
 * (tg_dense.h).
 * Overflow: the int32 accumulator cannot overflow; the generator bounds it for the weights of every channel.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_H
#define TG_CONV2D_H

#include "tg_common.h"
#include "tg_requantize.h"

TG_EXTERN_C_BEGIN

struct tg_conv2d {
    struct tg_window window;
    int16_t in_channels;
    int16_t out_channels;
    int16_t groups;
    int16_t out_step; /* bytes from pixel to pixel of a whole output */
    int8_t in_zero_point;
    const int8_t *weights;
    struct tg_requantization requantization;
    const int8_t *pad_row; /* in_width * in_channels times in_zero_point; 0 without padding above or below */
};

/* Computes the whole output. `scratch`, 8-byte aligned: conv2d_scratch_bytes of tinygen/kernels/conv2d.py. */
void tg_conv2d_s8(const struct tg_conv2d *layer, const int8_t *in, int8_t *out, void *scratch);

/* Computes row_count output rows out[0 .. row_count) from input rows (tg_rows.h). */
void tg_conv2d_s8_rows(const struct tg_conv2d *layer, const int8_t *const *rows, int8_t *const *out,
                       int32_t row_count, void *scratch);

/* The same for kernels of one cell, one group and no padding: no scratch. */
void tg_conv2d_1x1_s8(const struct tg_conv2d *layer, const int8_t *in, int8_t *out);
void tg_conv2d_1x1_s8_rows(const struct tg_conv2d *layer, const int8_t *const *rows, int8_t *const *out,
                           int32_t row_count);

/* For Armv6-M, with weights 128 higher, as uint8 (tg_dense_one_s8_v6m.h). */
void tg_conv2d_s8_v6m(const struct tg_conv2d *layer, const int8_t *in, int8_t *out, void *scratch);
void tg_conv2d_s8_v6m_rows(const struct tg_conv2d *layer, const int8_t *const *rows, int8_t *const *out,
                           int32_t row_count, void *scratch);
void tg_conv2d_1x1_s8_v6m(const struct tg_conv2d *layer, const int8_t *in, int8_t *out);
void tg_conv2d_1x1_s8_v6m_rows(const struct tg_conv2d *layer, const int8_t *const *rows,
                               int8_t *const *out, int32_t row_count);

TG_EXTERN_C_END

#endif
