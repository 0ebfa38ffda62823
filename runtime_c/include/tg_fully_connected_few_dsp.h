/* Fully connected layer, int8, for the DSP extension, for few outputs. Rules C1 and C5 of ARITHMETIC.md.
 *
 * Two outputs at a time are the products of one row of the input with two rows of the weights; nothing is copied.
 *
 * Weights: [channels][depth], as they are. `depth` is 4 or more.
 * Overflow: the generator bounds every sum of a prefix of the products.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_FULLY_CONNECTED_FEW_DSP_H
#define TG_FULLY_CONNECTED_FEW_DSP_H

#include "tg_dsp_scale.h"

TG_EXTERN_C_BEGIN

struct tg_fully_connected_few_dsp {
    int32_t rows;
    int32_t depth;
    int32_t channels;
    const int8_t *weights;
    const int32_t *bias;  /* the input's zero point is folded into it */
    const int32_t *words; /* of each channel: tg_dsp_scale.h */
    int8_t form;          /* enum tg_dsp_scale_form */
    int8_t out_zero_point;
    int8_t out_min; /* -128 and 127 where saturation does it all */
    int8_t out_max;
};

/* in: rows * depth, out: rows * channels. */
void tg_fully_connected_few_s8_dsp(const struct tg_fully_connected_few_dsp *layer, const int8_t *in, int8_t *out);

TG_EXTERN_C_END

#endif
