/* Fully connected layer, int8, for the DSP extension. Rules C1 and C5 of ARITHMETIC.md; see tg_fully_connected.h.
 *
 * A row of the input is widened to int16 in scratch: for each four values k.. the words (k, k+2) and (k+1, k+3). One to
 * three values left take one or two words more: (-, last), or (last but one, last), or (-, last but one), (last but
 * two, last), where the weight of "-" is zero. Then the outputs run over the words, eight at a time, and four at a time
 * where no more than four are left.
 *
 * Weights: mixed as in tg_conv2d_1x1_dsp.h. For each 8 outputs, for each word of the input, mix(A, B), mix(C, D),
 * mix(E, F), mix(G, H); then for up to 4 outputs two words for each word. The words come in twos: a last one alone is
 * followed by one with zero weights. Outputs that do not exist have zero weights.
 * Overflow: sums wrap; the generator bounds every result so that both parts come out exact.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_FULLY_CONNECTED_DSP_H
#define TG_FULLY_CONNECTED_DSP_H

#include "tg_dsp_scale.h"

TG_EXTERN_C_BEGIN

struct tg_fully_connected_dsp {
    int32_t rows;
    int32_t depth;
    int32_t channels;
    int32_t steps; /* words of a row; even */
    const int32_t *weights;
    const int32_t *starts; /* where the sums start, as in tg_dsp_scale.h; for outputs that do not exist as well */
    const int32_t *words;  /* of each channel: tg_dsp_scale.h */
    int8_t channel_words;  /* to the words of the next channel; 0 where all have the same */
    int8_t form;           /* enum tg_dsp_scale_form */
    int8_t out_zero_point;
    int8_t out_min; /* -128 and 127 where saturation does it all */
    int8_t out_max;
};

/* in: rows * depth, out: rows * channels. `scratch`: tinygen/kernels/fully_connected_dsp.py, 8-byte aligned. */
void tg_fully_connected_s8_dsp(const struct tg_fully_connected_dsp *layer, const int8_t *in, int8_t *out,
                               void *scratch);

/* For weights that do not mix as they are, or have a zero point, and for accumulators of more than 24 bits.
 *
 * A weight B of -128 above a weight A below 0 has no H: it is stored as -127 and -1, the latter for the same value of the
 * row once more, behind the row. A zero point of the weights takes its product with the sum of the row off every
 * accumulator. The row with what is behind it is cut into parts with accumulators of up to 24 bits, all as long as
 * `depth` of `plain`: the last has values with zero weights. The weights of each part are those of a layer.
 * Overflow: the generator bounds the accumulators of each part, of which the first has the bias, and their sum. */
struct tg_fully_connected_any_dsp {
    struct tg_fully_connected_dsp plain;
    int32_t depth;
    const int32_t *again; /* which values of the row */
    int32_t again_count;
    int32_t weights_zero_point;
    int32_t parts;
    int32_t part_words; /* of weights */
};

void tg_fully_connected_any_s8_dsp(const struct tg_fully_connected_any_dsp *layer, const int8_t *in, int8_t *out,
                                   void *scratch);

TG_EXTERN_C_END

#endif
