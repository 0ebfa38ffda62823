/* 2-D convolution, dense or grouped, int8, for the DSP extension: any window. Rules C1 to C3 of ARITHMETIC.md; see
 * tg_conv2d.h.
 *
 * The windows of some pairs of pixels are widened to int16 in scratch, then each block of four output channels runs
 * over the pairs. A window is made of runs of values that lie side by side in the input: whole kernel rows, or single
 * cells where the kernel is dilated or the channels are in groups. Runs are in the order
 *
 *   [kernel_width / run_columns][kernel_height][run]
 *
 * A run of n values becomes for each four values k.. the words (k, k+2), (k+1, k+3); one to three values left become
 * (-, last), or (last but one, last), or (-, last but two), (last but one, last), where the weight of "-" is zero. The
 * words of the first pixel of a pair lie between those of the second.
 *
 * Weights: for each block A, B, C, D, for each word (d, e) of a window the two words mix(A, B), mix(C, D):
 *
 *   mix(A, B) = H(d) | H(e) << 16,   H = 256 * B + A as int16
 *
 * SMLAD of x and mix(A, B) sums A + 256 * B; SXTB16 of the word leaves A, whose sum is taken off in the end. A block
 * that the channels of a group do not fill begins with the last but three, some of them computed twice; with fewer than
 * four the last is repeated.
 *
 * Where weights cannot be mixed (a -128 beside a negative weight, or long sums), each word of a window has four words of
 * weights, the int16 (d, e) of A, B, C, D, and all sums start with their own bias.
 * Overflow: sums wrap; the generator bounds every accumulator so that both parts come out exact.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_DSP_H
#define TG_CONV2D_DSP_H

#include "tg_dsp_scale.h"

TG_EXTERN_C_BEGIN

struct tg_conv2d_dsp {
    struct tg_window window;
    int16_t in_channels;
    int16_t out_channels;
    int16_t groups;
    int16_t run_columns; /* columns of a run: the kernel's width, or 1 */
    int16_t chunk;       /* pairs whose windows scratch holds */
    int16_t out_step;    /* bytes from pixel to pixel of a whole output; out_channels where outputs are clamped */
    int8_t in_zero_point;
    int32_t steps;       /* words of a window */
    const int32_t *weights;
    struct tg_dsp_scale scale;
};

/* Computes the whole output. `scratch`: tinygen/kernels/conv2d_dsp.py, 8-byte aligned. */
void tg_conv2d_s8_dsp(const struct tg_conv2d_dsp *layer, const int8_t *in, int8_t *out, void *scratch);

/* Computes row_count output rows out[0 .. row_count) from input rows (tg_rows.h). */
void tg_conv2d_s8_dsp_rows(const struct tg_conv2d_dsp *layer, const int8_t *const *rows, int8_t *const *out,
                           int32_t row_count, void *scratch);

/* The same for weights that are not mixed. */
void tg_conv2d_unmixed_s8_dsp(const struct tg_conv2d_dsp *layer, const int8_t *in, int8_t *out, void *scratch);
void tg_conv2d_unmixed_s8_dsp_rows(const struct tg_conv2d_dsp *layer, const int8_t *const *rows, int8_t *const *out,
                                   int32_t row_count, void *scratch);

TG_EXTERN_C_END

#endif
