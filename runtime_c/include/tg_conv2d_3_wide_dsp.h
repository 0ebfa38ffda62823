/* 2-D convolution with kernels three columns wide, int8, for the DSP extension. Rules C1 to
 * C3 of ARITHMETIC.md; see tg_conv2d.h. The two pixels of a pair
 * share columns: two with a horizontal stride of 1, one with 2. No dilation, no groups.
 *
 * Scratch holds as many input rows as the kernel has, widened to int16, padding included. They lie one behind the
 * other; an input row takes the place of the one that is no longer needed. A row is made of parts of eight channels,
 * each with all columns:
 *
 *   [kernel_height][in_channels / 8][columns][8],   the 8 channels in the order 0 2 1 3 4 6 5 7
 *
 * Weights: for each block A, B, C, D, for each kernel row, part, word (d, e) of a column's part, and kernel column (in
 * the order 0 1 2; with stride 2 in the order 0 2 1) the two words mix(A, B), mix(C, D) of tg_conv2d_dsp.h. A block
 * that the channels do not fill begins with the last but three, some of them computed twice; with fewer than four the
 * last is repeated.
 *
 * The kernels with strips widen the columns of some pixels of a row at a time, all rows of their windows anew: scratch
 * is as long as a strip, not as a row.
 * Overflow: sums wrap; the generator bounds every accumulator so that both parts come out exact.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_3_WIDE_DSP_H
#define TG_CONV2D_3_WIDE_DSP_H

#include "tg_dsp_scale.h"

TG_EXTERN_C_BEGIN

struct tg_conv2d_3_wide_dsp {
    struct tg_window window; /* two or more output columns */
    int16_t in_channels;     /* a multiple of 8 */
    int16_t out_channels;
    int16_t strip;           /* pixels whose columns scratch holds, two or more: even or odd as the output's width */
    int8_t in_zero_point;
    const int32_t *weights;
    struct tg_dsp_scale scale;
};

/* Computes the whole output. `scratch`: tinygen/kernels/conv2d_3_wide_dsp.py, 8-byte aligned. */
void tg_conv2d_3_wide_s8_dsp(const struct tg_conv2d_3_wide_dsp *layer, const int8_t *in, int8_t *out, void *scratch);

/* Computes row_count output rows out[0 .. row_count) from input rows (tg_rows.h). */
void tg_conv2d_3_wide_s8_dsp_rows(const struct tg_conv2d_3_wide_dsp *layer, const int8_t *const *rows,
                                  int8_t *const *out, int32_t row_count, void *scratch);

/* The same with a horizontal stride of 2. */
void tg_conv2d_3_wide_stride2_s8_dsp(const struct tg_conv2d_3_wide_dsp *layer, const int8_t *in, int8_t *out,
                                     void *scratch);
void tg_conv2d_3_wide_stride2_s8_dsp_rows(const struct tg_conv2d_3_wide_dsp *layer, const int8_t *const *rows,
                                          int8_t *const *out, int32_t row_count, void *scratch);

/* Both by strips. */
void tg_conv2d_3_wide_strips_s8_dsp(const struct tg_conv2d_3_wide_dsp *layer, const int8_t *in, int8_t *out,
                                    void *scratch);
void tg_conv2d_3_wide_strips_s8_dsp_rows(const struct tg_conv2d_3_wide_dsp *layer, const int8_t *const *rows,
                                         int8_t *const *out, int32_t row_count, void *scratch);
void tg_conv2d_3_wide_stride2_strips_s8_dsp(const struct tg_conv2d_3_wide_dsp *layer, const int8_t *in, int8_t *out,
                                            void *scratch);
void tg_conv2d_3_wide_stride2_strips_s8_dsp_rows(const struct tg_conv2d_3_wide_dsp *layer, const int8_t *const *rows,
                                                 int8_t *const *out, int32_t row_count, void *scratch);

TG_EXTERN_C_END

#endif
