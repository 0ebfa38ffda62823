/* Depthwise 2-D convolution, int8, for the DSP extension: what tg_depthwise_planes.h does not take. Rules C1, C2, C4
 * of ARITHMETIC.md; see tg_depthwise_conv2d.h.
 *
 * Four input channels at a time are taken apart into planes of int16 in scratch, a few rows at a time; then the
 * taps of a kernel row lie side by side, two in a word.
 *
 * Planes: for each of 4 channels, lines of line_words words; padding included.
 * Weights: for each output channel, for each kernel row, words of int16 times 2^prescale of the form (tg_dsp.h).
 *   Pairs in order, an odd row ends in 0.
 * Overflow: sums wrap; the generator bounds every result.
 * In place: a whole tensor's output may take the place of its input where both have the same shape and the stride
 * is 1. All rows up to the last one written have been taken apart by then.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_CONV2D_DSP_H
#define TG_DEPTHWISE_CONV2D_DSP_H

#include "tg_dsp.h"

TG_EXTERN_C_BEGIN

struct tg_depthwise_conv2d_dsp {
    struct tg_window window;
    int16_t in_channels;
    int16_t channel_multiplier;
    int16_t in_zero_point;
    int16_t line_words;
    int16_t read_words; /* of a line, that matter; those behind are read, but only for what is thrown away */
    int16_t pass_rows;  /* output rows that are computed from one fill of the planes */
    int16_t pass_lines; /* lines of a plane */
    const int32_t *weights;
    struct tg_dsp_output output; /* init is scaled by 2^prescale as well */
};

/* Computes the whole output. `scratch`: tinygen/kernels/depthwise_conv2d_dsp.py, 8-byte aligned. There is no dilation
 * to the right. */
void tg_depthwise_conv2d_s8_dsp(const struct tg_depthwise_conv2d_dsp *layer, const int8_t *in, int8_t *out,
                                void *scratch);

/* Computes row_count output rows out[0 .. row_count) from input rows (tg_rows.h). */
void tg_depthwise_conv2d_s8_dsp_rows(const struct tg_depthwise_conv2d_dsp *layer, const int8_t *const *rows,
                                     int8_t *const *out, int32_t row_count, void *scratch);

TG_EXTERN_C_END

#endif
