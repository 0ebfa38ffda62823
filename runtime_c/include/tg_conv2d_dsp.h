/* 2-D convolution without groups, int8, for the DSP extension. Rules C1 to C3 of ARITHMETIC.md; see tg_conv2d.h.
 *
 * The windows of two output pixels are widened to int16 in scratch; then all output channels run over them, four at
 * a time. A window is `segments` runs of values that lie side by side in the input: whole kernel rows, or single
 * cells where the kernel is dilated. An odd run is followed by a place that nobody writes; its weight is zero.
 *
 * Weights: for each 4 output channels A, B, C, D (those beyond the last have zero weights), for each pair d, e of
 * values the two words mix(A, B), mix(C, D):
 *
 *   mix(A, B) = H(d) | H(e) << 16,   H = 256 * B + A as int16
 *
 * SMLAD of x and mix(A, B) sums A + 256 * B; SXTB16 of the word leaves A, whose sum is taken off in the end.
 * Overflow: sums wrap; the generator bounds every result so that both parts come out exact.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_DSP_H
#define TG_CONV2D_DSP_H

#include "tg_dsp.h"

TG_EXTERN_C_BEGIN

struct tg_conv2d_dsp {
    struct tg_window window;
    int16_t in_channels;
    int16_t out_channels;
    int16_t run_columns;     /* columns of a run: the kernel's width, or 1 */
    int16_t in_zero_point;
    int32_t pairs;           /* pairs of values of a whole window */
    const int32_t *weights;
    struct tg_dsp_output output; /* whole fours of channels; B starts at 256 * its bias + the bias of A */
};

/* Computes the whole output. `scratch`: tinygen/kernels/conv2d_dsp.py, 8-byte aligned. */
void tg_conv2d_s8_dsp(const struct tg_conv2d_dsp *layer, const int8_t *in, int8_t *out, void *scratch);

/* Computes row_count output rows out[0 .. row_count) from input rows (tg_rows.h). */
void tg_conv2d_s8_dsp_rows(const struct tg_conv2d_dsp *layer, const int8_t *const *rows, int8_t *const *out,
                           int32_t row_count, void *scratch);

TG_EXTERN_C_END

#endif
