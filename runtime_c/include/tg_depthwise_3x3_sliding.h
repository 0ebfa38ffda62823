/* Depthwise 3x3 convolution, int8, for cores with registers for a whole window. Rules C1, C2 and C4 of ARITHMETIC.md;
 * see tg_depthwise_conv2d.h for the formula and tg_depthwise_sliding.h for the loops.
 *
 * Nothing is copied: windows slide over the input itself. Any vertical stride, horizontal strides of 1 and 2.
 *
 * Weights: [out_channels][kx][ky].
 * Overflow: see tg_depthwise_sliding.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_3X3_SLIDING_H
#define TG_DEPTHWISE_3X3_SLIDING_H

#include "tg_common.h"
#include "tg_swar.h"

TG_EXTERN_C_BEGIN

struct tg_depthwise_3x3_sliding {
    struct tg_window window;
    int16_t in_channels;
    int16_t channel_multiplier;
    int16_t rows; /* output rows of a whole tensor that are computed together: with 1 their order is that of memory */
    int8_t in_zero_point;
    const int8_t *weights;
    struct tg_swar_output output;
    const int8_t *pad_row; /* in_width * in_channels times in_zero_point; 0 without padding above or below */
};

/* Computes the whole output. `scratch`: tinygen/kernels/depthwise_sliding.py, 8-byte aligned. */
void tg_depthwise_conv2d_3x3_s8_rv32(const struct tg_depthwise_3x3_sliding *layer, const int8_t *in, int8_t *out,
                                     void *scratch);

/* Computes row_count output rows out[0 .. row_count) from input rows (tg_rows.h). */
void tg_depthwise_conv2d_3x3_s8_rv32_rows(const struct tg_depthwise_3x3_sliding *layer,
                                          const int8_t *const *rows, int8_t *const *out, int32_t row_count,
                                          void *scratch);

TG_EXTERN_C_END

#endif
