/* 2-D convolution, int8, for the DSP extension, for windows that overlap or have few channels. Rules C1 to C3 of
 * ARITHMETIC.md; see tg_conv2d.h. No dilation, no groups.
 *
 * The windows of a strip of pairs of pixels a, b lie in scratch as int16, one overlapping the next: the window of the
 * next pair starts some entries further on. Entry j has for each kernel row the words j of a's and of b's input, where
 * word j holds the values 2 j and 2 j + 1 of the input row, columns and channels counted together:
 *
 *   [entries][kernel_height][a, b][2]
 *
 * What a pair is, depends on where windows may start: at even values.
 *
 *   TG_PAIR_HALVES      b is half a row to the right of a
 *   TG_PAIR_ROWS        b is below a, for narrow outputs; in a row alone it is as with TG_PAIR_HALVES
 *   TG_PAIR_NEIGHBOURS  b is to the right of a, where stride * channels is odd
 *
 * Weights: for each block A, B, C, D, for each word (d, e) of a kernel row (the last may have a zero weight), for each
 * kernel row the two words mix(A, B), mix(C, D) of tg_conv2d_dsp.h. A block that the channels do not fill begins with
 * the last but three, some of them computed twice; with fewer than four the last is repeated.
 * Overflow: sums wrap; the generator bounds every accumulator so that both parts come out exact.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_STRIPS_DSP_H
#define TG_CONV2D_STRIPS_DSP_H

#include "tg_dsp_scale.h"

TG_EXTERN_C_BEGIN

enum tg_pairing { TG_PAIR_HALVES, TG_PAIR_ROWS, TG_PAIR_NEIGHBOURS };

struct tg_conv2d_strips_dsp {
    struct tg_window window;
    int16_t in_channels;
    int16_t out_channels;
    int16_t strip;      /* pairs of a strip */
    int16_t row_words;  /* of a kernel row */
    int16_t line_bytes; /* of an input row with its padding, and what windows read behind it; or what a strip reads */
    int8_t lines;       /* of input rows, or of pieces, that are needed together */
    int8_t pairing;     /* enum tg_pairing */
    int8_t is_plain;    /* of one row, without padding: input rows are lines where they are */
    int8_t in_zero_point;
    const int32_t *weights;
    struct tg_dsp_scale scale;
};

/* Computes the whole output. `scratch`: tinygen/kernels/conv2d_strips_dsp.py, 8-byte aligned. The second reads input
 * rows in their place, but for pieces of them that reach beyond: it is slower, and needs less. */
void tg_conv2d_strips_s8_dsp(const struct tg_conv2d_strips_dsp *layer, const int8_t *in, int8_t *out, void *scratch);
void tg_conv2d_strips_pieces_s8_dsp(const struct tg_conv2d_strips_dsp *layer, const int8_t *in, int8_t *out,
                                    void *scratch);

/* Computes row_count output rows out[0 .. row_count) from input rows (tg_rows.h). */
void tg_conv2d_strips_s8_dsp_rows(const struct tg_conv2d_strips_dsp *layer, const int8_t *const *rows,
                                  int8_t *const *out, int32_t row_count, void *scratch);
void tg_conv2d_strips_pieces_s8_dsp_rows(const struct tg_conv2d_strips_dsp *layer, const int8_t *const *rows,
                                         int8_t *const *out, int32_t row_count, void *scratch);

TG_EXTERN_C_END

#endif
