/* Depthwise 2-D convolution, int8, for Helium, with windows in a few vectors. Rules C1, C2, C4 of ARITHMETIC.md; see
 * tg_depthwise_conv2d.h.
 *
 * A block of `rows` output rows is computed channel by channel, 16 channels of its input at a time. Their values are
 * laid out in planes, one for each channel, column after column: `pitch` values of a column, from the block's first
 * input row to its last. So the window of an output lies in kernel_width * pitch neighbouring bytes, which a few
 * vectors hold; weights of values that the kernel does not see are 0. Four outputs are computed together: those of
 * all rows of the block, and of as many pixels as it takes.
 *
 * Weights: for each output channel, `steps` times 16 int8. Words: for each output channel those of tg_mve.h, one each.
 * Overflow: the generator bounds every sum.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_PLANES_MVE_H
#define TG_DEPTHWISE_PLANES_MVE_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_depthwise_planes_mve {
    struct tg_window window;
    int16_t in_channels;
    int16_t channel_multiplier;
    int16_t pitch; /* (rows - 1) * stride_height, and the rows of a window */
    int16_t rows;  /* 1, 2 or 4 */
    int8_t steps;  /* 1 to 4 */
    int8_t is_shared; /* whether `steps` vectors hold the windows of two rows; one or two steps, several rows */
    int8_t in_zero_point;
    int8_t out_min;
    int8_t out_max;
    int8_t form; /* enum tg_mve_form */
    const int8_t *weights;
    const int32_t *words;
    int32_t factor;
    int32_t zero_point;
    const int8_t *pad_row; /* in_width * in_channels times in_zero_point; 0 without padding above or below */
};

/* Computes the whole output. `scratch`, 8-byte aligned: tinygen/kernels/depthwise_planes_mve.py. */
void tg_depthwise_planes_s8_mve(const struct tg_depthwise_planes_mve *layer, const int8_t *in, int8_t *out,
                                void *scratch);

/* Computes row_count output rows out[0 .. row_count) from input rows (tg_rows.h). */
void tg_depthwise_planes_s8_mve_rows(const struct tg_depthwise_planes_mve *layer, const int8_t *const *rows,
                                     int8_t *const *out, int32_t row_count, void *scratch);

TG_EXTERN_C_END

#endif
