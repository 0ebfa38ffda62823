/* Fully connected layer, int8, for the DSP extension. Rules C1 and C5 of ARITHMETIC.md; see tg_fully_connected.h.
 *
 * A row of the input is widened to int16 in scratch, then the outputs run over it, eight or four at a time.
 *
 * Weights: mixed as in tg_conv2d_dsp.h. For each 8 outputs, for each pair of inputs, the four words mix(A, B),
 * mix(C, D), mix(E, F), mix(G, H); then for what is left, four at a time, two words for each pair.
 * Overflow: sums wrap; the generator bounds every result so that both parts come out exact.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_FULLY_CONNECTED_DSP_H
#define TG_FULLY_CONNECTED_DSP_H

#include "tg_dsp.h"

TG_EXTERN_C_BEGIN

struct tg_fully_connected_dsp {
    int32_t rows;
    int32_t depth;
    int32_t channels;
    const int32_t *weights;
    struct tg_dsp_output output; /* whole fours of channels; B starts at 256 * its bias + the bias of A */
};

/* in: rows * depth, out: rows * channels. `scratch`: tinygen/kernels/fully_connected_dsp.py, 8-byte aligned. */
void tg_fully_connected_s8_dsp(const struct tg_fully_connected_dsp *layer, const int8_t *in, int8_t *out,
                               void *scratch);

TG_EXTERN_C_END

#endif
