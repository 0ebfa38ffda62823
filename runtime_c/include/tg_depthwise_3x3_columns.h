/* Depthwise 3x3 convolution, int8, for cores without SIMD instructions. Rules C1, C2 and C4 of ARITHMETIC.md; see
 * tg_depthwise_conv2d.h for the formula.
 *
 * One output channel at a time: its input is brought into words in scratch, padding included, some passes of rows at
 * a time, computed there (tg_depthwise_columns.h), and brought out again. Vertical strides of 1 and 2.
 *
 * Weights: [out_channels][kx][ky].
 * Overflow: see tg_depthwise_columns.h.
 * In place: the output of a whole tensor may take the place of its input where both have the same shape and the
 * strides are 1: the rows that are read after a row is written lie behind it.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_3X3_COLUMNS_H
#define TG_DEPTHWISE_3X3_COLUMNS_H

#include "tg_common.h"
#include "tg_swar.h"

TG_EXTERN_C_BEGIN

struct tg_depthwise_3x3_columns {
    struct tg_window window;
    int16_t in_channels;
    int16_t channel_multiplier;
    int16_t passes; /* that are computed together */
    int8_t in_zero_point;
    const int8_t *weights;
    struct tg_swar_output output;
    const int8_t *pad_row; /* in_width * in_channels times in_zero_point; 0 without padding above or below */
};

/* Computes the whole output. `scratch`: tinygen/kernels/depthwise_columns.py, 8-byte aligned. */
void tg_depthwise_conv2d_3x3_s8_v7m(const struct tg_depthwise_3x3_columns *layer, const int8_t *in, int8_t *out,
                                    void *scratch);

/* Computes row_count output rows out[0 .. row_count) from input rows (tg_rows.h). */
void tg_depthwise_conv2d_3x3_s8_v7m_rows(const struct tg_depthwise_3x3_columns *layer,
                                         const int8_t *const *rows, int8_t *const *out, int32_t row_count,
                                         void *scratch);

TG_EXTERN_C_END

#endif
