/* 2-D convolution with few output channels in a group, int8: four neighbouring pixels of one channel at a time, which
 * share every load of a weight. Formula and rules: tg_conv2d.h.
 *
 * Layout: tensors NHWC with N = 1. Weights [out_channels][kernel_height][kernel_width][in_channels / groups]. Inputs
 * are read where they lie; only where a window reaches over the left or right edge are the cells under four pixels
 * gathered, with the padding that they see.
 * Overflow: the int32 accumulator cannot overflow; the generator bounds it for the weights of every channel.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_FEW_H
#define TG_CONV2D_FEW_H

#include "tg_conv2d.h"

TG_EXTERN_C_BEGIN

/* Computes the whole output. `scratch`, 8-byte aligned: row pointers, pointers to runs of cells, gathered cells
 * (_scratch_bytes of tinygen/kernels/conv2d_few.py). */
void tg_conv2d_few_s8(const struct tg_conv2d *layer, const int8_t *in, int8_t *out, void *scratch);

/* Computes row_count output rows out[0 .. row_count) from input rows (tg_rows.h). */
void tg_conv2d_few_s8_rows(const struct tg_conv2d *layer, const int8_t *const *rows, int8_t *const *out,
                           int32_t row_count, void *scratch);

TG_EXTERN_C_END

#endif
