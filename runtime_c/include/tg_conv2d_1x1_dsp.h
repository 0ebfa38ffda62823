/* 1x1 convolution, int8, for the DSP extension: a product of matrices. Rules C1 to C3 of ARITHMETIC.md.
 *
 * `chunk` pixels are widened to int16 in scratch, then each of their pairs runs over the blocks of four output channels.
 *
 * A pair lies interleaved: for each four channels k.. the words (k, k+2) of the first pixel, the same of the second,
 * then (k+1, k+3) of both. One to three channels left take one or two words more, from a load that ends with the last
 * channel: (-, last), or (last but one, last), or (-, last but one), (last but two, last), where the weight of "-" is
 * zero. A pixel without a partner is paired with itself.
 *
 * Blocks: weights, then the words of tg_dsp_scale.h. The weights of A, B, C, D: for each word (d, e) of a pixel the two
 * words mix(A, B), mix(C, D):
 *
 *   mix(A, B) = H(d) | H(e) << 16,   H = 256 * B + A as int16
 *
 * SMLAD of x and mix(A, B) sums A + 256 * B; SXTB16 of the word leaves A, whose sum is taken off in the end. Four
 * channels or more; a block that the channels do not fill begins with the last but three, some of them computed twice.
 * Overflow: sums wrap; the generator bounds every accumulator so that both parts come out exact.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_1X1_DSP_H
#define TG_CONV2D_1X1_DSP_H

#include "tg_dsp_scale.h"

TG_EXTERN_C_BEGIN

struct tg_conv2d_1x1_dsp {
    struct tg_window window;
    int16_t in_channels;
    int16_t out_channels;
    int16_t steps; /* words of a widened pixel */
    int16_t chunk; /* even */
    int16_t out_step; /* bytes from pixel to pixel of a whole output; out_channels where outputs are clamped */
    struct tg_dsp_scale scale; /* with each block's weights in front of its words */
};

/* Computes the whole output. `scratch`: tinygen/kernels/pointwise_dsp.py, 8-byte aligned. A chunk is widened before
 * its first output is written. */
void tg_conv2d_1x1_s8_dsp(const struct tg_conv2d_1x1_dsp *layer, const int8_t *in, int8_t *out, void *scratch);

/* Computes row_count output rows out[0 .. row_count) from input rows (tg_rows.h). */
void tg_conv2d_1x1_s8_dsp_rows(const struct tg_conv2d_1x1_dsp *layer, const int8_t *const *rows, int8_t *const *out,
                               int32_t row_count, void *scratch);

/* The same for up to 16 steps, TG_DSP_ONE_PRODUCT. */
void tg_conv2d_1x1_short_s8_dsp(const struct tg_conv2d_1x1_dsp *layer, const int8_t *in, int8_t *out, void *scratch);

void tg_conv2d_1x1_short_s8_dsp_rows(const struct tg_conv2d_1x1_dsp *layer, const int8_t *const *rows,
                                     int8_t *const *out, int32_t row_count, void *scratch);

/* The same for up to 16 steps, TG_DSP_TWO_ROUNDINGS. */
void tg_conv2d_1x1_short_signed_s8_dsp(const struct tg_conv2d_1x1_dsp *layer, const int8_t *in, int8_t *out,
                                       void *scratch);

void tg_conv2d_1x1_short_signed_s8_dsp_rows(const struct tg_conv2d_1x1_dsp *layer, const int8_t *const *rows,
                                            int8_t *const *out, int32_t row_count, void *scratch);

/* The same for fewer than four input or output channels: weights are those of four, the missing ones zero or the last
 * output once more. `chunk` pixels are computed together. */
void tg_conv2d_1x1_few_s8_dsp(const struct tg_conv2d_1x1_dsp *layer, const int8_t *in, int8_t *out, void *scratch);

void tg_conv2d_1x1_few_s8_dsp_rows(const struct tg_conv2d_1x1_dsp *layer, const int8_t *const *rows,
                                   int8_t *const *out, int32_t row_count, void *scratch);

/* For four to eight input channels: both pixels of a pair stay in registers, times 256. Scaled
 * by ssat8(floor(sum * M / 2^32) >> 16), where the sum is 4096 times the accumulator.
 *
 * Blocks: for each of four output channels the words start (4096 times the folded bias, with rounding and the output's
 * zero point), four words of 16 times the weights for the channels (0, 2), (1, 3), (n-4, n-2), (n-3, n-1) of n, and M; then the bytes
 * from these outputs to those of the next block. Channels that are there twice have zero weights the second time; a
 * block that the output channels do not fill begins with the last but three.
 * Overflow: sums wrap; the generator bounds the result so that it comes out exact. */
struct tg_conv2d_1x1_narrow_dsp {
    struct tg_window window;
    int16_t in_channels;
    int16_t out_channels;
    int16_t out_step; /* bytes from pixel to pixel of a whole output; out_channels where outputs are clamped */
    const int32_t *blocks;
    int8_t out_min; /* -128 and 127 where saturation does it all */
    int8_t out_max;
};

/* Computes the whole output. A pair is read before its first output is written. */
void tg_conv2d_1x1_narrow_s8_dsp(const struct tg_conv2d_1x1_narrow_dsp *layer, const int8_t *in, int8_t *out);

/* Computes row_count output rows out[0 .. row_count) from input rows (tg_rows.h). */
void tg_conv2d_1x1_narrow_s8_dsp_rows(const struct tg_conv2d_1x1_narrow_dsp *layer, const int8_t *const *rows,
                                      int8_t *const *out, int32_t row_count);

TG_EXTERN_C_END

#endif
