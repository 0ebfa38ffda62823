/* 2-D convolution without groups, int8, for the DSP extension. Rules C1 to C3 of ARITHMETIC.md; see tg_conv2d.h.
 *
 * A strip of output pixels of one row is computed at a time: its input columns are widened to int16 in scratch,
 * then every block of 2 pixels x 4 channels runs over them.
 *
 * Segments: the cells of a window that lie side by side in the strip. A segment holds an even number of values;
 * where the tensor's is odd, a zero weight meets whatever value comes next.
 *
 * Weights: for 4 channels A, B, C, D (channels beyond the last have zero weights), for each segment, for each
 * pair of values d, e the two words
 *
 *   mix(A, B) = H(d) | H(e) << 16,  H = 256 * B + A as int16        and mix(C, D)
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
    int8_t in_zero_point;
    int16_t strip_pixels;           /* output pixels of a strip */
    int16_t strip_columns;          /* input columns of a strip, per kernel row */
    int16_t pixel_columns;          /* columns in the strip from one output pixel to the next */
    int16_t segments;
    int16_t segment_pairs;
    const int32_t *segment_offsets; /* in values from the window's first cell */
    const int32_t *weights;
    struct tg_dsp_output output;    /* init of channel B: its bias * 256 + the bias of A */
    const int8_t *pad_row;          /* in_width * in_channels bytes of in_zero_point; NULL: no row is padding */
};

/* Computes the whole output. `scratch`: tinygen/kernels/conv2d_dsp.py, 8-byte aligned. */
void tg_conv2d_s8_dsp(const struct tg_conv2d_dsp *layer, const int8_t *in, int8_t *out, void *scratch);

/* Computes row_count output rows out[0 .. row_count) from input rows (tg_rows.h). */
void tg_conv2d_s8_dsp_rows(const struct tg_conv2d_dsp *layer, const int8_t *const *rows, int8_t *const *out,
                           int32_t row_count, void *scratch);

TG_EXTERN_C_END

#endif
