/* Depthwise 2-D convolution, int8. Rules C1, C2 and C4 of ARITHMETIC.md.
 *
 *   out[oy][ox][c*M + m] = requantize(sum in[oy*sh + ky*dh - top][ox*sw + kx*dw - left][c]
 *                                                           * weights[c*M + m][ky][kx])
 *
 * Layout: tensors NHWC with N = 1; weights [in_channels * M][kernel_height][kernel_width], M = channel_multiplier.
 * With stride 1, M = 1 and an output as large as the input, `out` may be `in`: a row is copied before it is
 * overwritten.
 * Overflow: no partial sum of the int32 accumulator can overflow; the generator bounds it for the weights of
 * every channel.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_CONV2D_H
#define TG_DEPTHWISE_CONV2D_H

#include "tg_common.h"
#include "tg_requantize.h"

TG_EXTERN_C_BEGIN

struct tg_depthwise_conv2d {
    struct tg_window window;
    int16_t in_channels;
    int16_t channel_multiplier;
    int8_t in_zero_point;
    const int8_t *weights;
    struct tg_requantization requantization;
    const int8_t *pad_row; /* in_width * in_channels times in_zero_point; 0 without padding above or below */
};

/* Computes the whole output. `scratch`, 8-byte aligned: tinygen/kernels/depthwise_conv2d.py. */
void tg_depthwise_conv2d_s8(const struct tg_depthwise_conv2d *layer, const int8_t *in, int8_t *out,
                            void *scratch);

/* Computes row_count output rows out[0 .. row_count) from input rows (tg_rows.h). */
void tg_depthwise_conv2d_s8_rows(const struct tg_depthwise_conv2d *layer, const int8_t *const *rows,
                                 int8_t *const *out, int32_t row_count, void *scratch);

/* The same for kernels of 3x3 cells without dilation, with a horizontal stride of 1 or 2. */
void tg_depthwise_conv2d_3x3_s8(const struct tg_depthwise_conv2d *layer, const int8_t *in, int8_t *out,
                                void *scratch);
void tg_depthwise_conv2d_3x3_s8_rows(const struct tg_depthwise_conv2d *layer, const int8_t *const *rows,
                                     int8_t *const *out, int32_t row_count, void *scratch);

TG_EXTERN_C_END

#endif
