/* Fully connected layer, int8, for the DSP extension, for few outputs. Rules C1 and C5 of ARITHMETIC.md.
 *
 * Nothing is copied: values are widened where they are multiplied, for four outputs at once, then for two, then for
 * each that is left. Most of what a small layer costs is what it costs once, so that all of it is one loop nest.
 *
 * Channels go in twos A, B as long as they can be mixed, the others alone.
 * Weights of a two: for every four inputs x0 .. x3 two words, of which each halfword is 256 * b + a for an input of
 * (x0, x2), (x1, x3). So sums of x * word are A + 256 * B modulo 2^32, sums of x * its low bytes are A, and half their
 * difference has B exactly, as |B| < 2^23.
 * Weights of one: for every eight inputs four words of int16, for (x0, x2), (x1, x3), (x4, x6), (x5, x7).
 * The last four or eight inputs are those that end with the row, those of them that came before have zeros.
 * Words of channels that run together, and of each that is alone: where the sums of A, A + 256 * B, .. start, then M, K
 * (S) of each as in tg_dsp_scale.h.
 * Overflow: the generator bounds every sum of a prefix of the products; those of mixed weights wrap and come back.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_FULLY_CONNECTED_FEW_DSP_H
#define TG_FULLY_CONNECTED_FEW_DSP_H

#include "tg_dsp_scale.h"

TG_EXTERN_C_BEGIN

/* Assembly knows where the fields are. */
struct tg_fully_connected_few_dsp {
    const int32_t *weights;
    const int32_t *words;
    int32_t depth;      /* 8 or more */
    int32_t two_bytes;  /* weights of two channels */
    int32_t twos;       /* of channels that are mixed */
    int32_t ones;       /* channels behind them */
    int8_t form;        /* enum tg_dsp_scale_form */
    int8_t out_zero_point;
    int8_t out_min;     /* -128 and 127 where saturation does it all */
    int8_t out_max;
    int8_t is_plain;    /* one row, saturation does it all, and the form is no rule */
    int8_t together;    /* mixed channels that run together: 4 in this kernel; the last of them may be 2 */
    int32_t rows;
};

/* in: rows * depth, out: rows * channels, which are 2 * twos + ones. */
void tg_fully_connected_few_s8_dsp(const struct tg_fully_connected_few_dsp *layer, const int8_t *in, int8_t *out);

TG_EXTERN_C_END

#endif
