/* 2-D convolution, dense or grouped, int8, for Helium. Rules C1 to C3 of ARITHMETIC.md; see tg_conv2d.h and tg_mve.h.
 *
 * The columns that some neighbouring output pixels see are laid out one after the other, [kernel_height][in_channels /
 * groups] each: every window is then one run of values, [kernel_width][kernel_height][in_channels / groups], and
 * neighbours share their columns. Where windows do not overlap, or have gaps, each gets columns of its own.
 * Weights: tiles of every group, groups one after the other, values in the order of the columns.
 * Overflow: the generator bounds every sum.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_MVE_H
#define TG_CONV2D_MVE_H

#include "tg_mve.h"

TG_EXTERN_C_BEGIN

struct tg_conv2d_mve {
    struct tg_window window;
    int16_t in_channels;
    int16_t groups;
    int16_t pass_pixels; /* whose columns are laid out together */
    int8_t in_zero_point;
    int8_t out_min;
    int8_t out_max;
    struct tg_mve_dense dense; /* of a group */
    const int8_t *pad_row;     /* in_width * in_channels times in_zero_point; 0 without padding above or below */
};

/* Computes the whole output. `scratch`, 8-byte aligned: tinygen/kernels/conv2d_mve.py. */
void tg_conv2d_s8_mve(const struct tg_conv2d_mve *layer, const int8_t *in, int8_t *out, void *scratch);

/* Computes row_count output rows out[0 .. row_count) from input rows (tg_rows.h). */
void tg_conv2d_s8_mve_rows(const struct tg_conv2d_mve *layer, const int8_t *const *rows, int8_t *const *out,
                           int32_t row_count, void *scratch);

/* The same for kernels of one cell, one group and no padding, straight from the input. */
void tg_conv2d_1x1_s8_mve(const struct tg_conv2d_mve *layer, const int8_t *in, int8_t *out, void *scratch);
void tg_conv2d_1x1_s8_mve_rows(const struct tg_conv2d_mve *layer, const int8_t *const *rows, int8_t *const *out,
                               int32_t row_count, void *scratch);

/* The same for one group without dilation to the right, where the rows of a window are short: input rows are copied
 * with their padding, and windows from them, each for itself; values in the order of the input. */
void tg_conv2d_runs_s8_mve(const struct tg_conv2d_mve *layer, const int8_t *in, int8_t *out, void *scratch);
void tg_conv2d_runs_s8_mve_rows(const struct tg_conv2d_mve *layer, const int8_t *const *rows, int8_t *const *out,
                                int32_t row_count, void *scratch);

TG_EXTERN_C_END

#endif
