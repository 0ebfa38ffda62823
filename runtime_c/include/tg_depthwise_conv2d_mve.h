/* Depthwise 2-D convolution, int8, for Helium. Rules C1, C2, C4 of ARITHMETIC.md; see tg_depthwise_conv2d.h.
 *
 * Lanes are neighbours in memory: the channels of a pixel, and with a stride of 1 to the right those of `unit_pixels`
 * pixels, so that few channels fill vectors as well. Every vector multiplies 16 values of a tap with their weights;
 * the products of two taps are added in 16 bits, and then to sums of 32 bits.
 * Input rows are copied into scratch once, with their padding; with a channel multiplier every value several times.
 *
 * Weights: for each vector of a unit, for each tap, 16 int8; an even number of taps, some of which may be empty.
 * Words: for each vector four times, for lanes 0, 4, 8, 12, then from 2, from 1 and from 3 on, those of tg_mve.h.
 * Overflow: the generator bounds every two products by int16, and every sum.
 * In place: a whole tensor's output may take the place of its input where both have the same shape, the stride is 1
 * and the padding above is smaller than the kernel. All rows up to the last one written have been copied by then.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_CONV2D_MVE_H
#define TG_DEPTHWISE_CONV2D_MVE_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_depthwise_conv2d_mve {
    struct tg_window window;
    int16_t in_channels;
    int16_t channel_multiplier;
    int16_t unit_pixels;
    int16_t taps;
    int8_t in_zero_point;
    int8_t out_min;
    int8_t out_max;
    int8_t form;          /* enum tg_mve_form */
    int8_t first_three;   /* kernels of nine taps: whether 16 bits hold the sum of the first three products */
    const int32_t *places; /* of each tap: row under the window, and bytes from the start of a padded row */
    const int8_t *weights;
    const int32_t *words;
    int32_t factor;
    int32_t zero_point;
    const int8_t *pad_row; /* in_width * in_channels times in_zero_point; 0 without padding above or below */
};

/* Computes the whole output. `scratch`, 8-byte aligned: tinygen/kernels/depthwise_conv2d_mve.py. */
void tg_depthwise_conv2d_s8_mve(const struct tg_depthwise_conv2d_mve *layer, const int8_t *in, int8_t *out,
                                void *scratch);

/* Computes row_count output rows out[0 .. row_count) from input rows (tg_rows.h). */
void tg_depthwise_conv2d_s8_mve_rows(const struct tg_depthwise_conv2d_mve *layer, const int8_t *const *rows,
                                     int8_t *const *out, int32_t row_count, void *scratch);

/* The same for kernels of nine cells, none of them empty: three or two taps first, one if it was two, then pairs. */
void tg_depthwise_conv2d_nine_s8_mve(const struct tg_depthwise_conv2d_mve *layer, const int8_t *in, int8_t *out,
                                     void *scratch);
void tg_depthwise_conv2d_nine_s8_mve_rows(const struct tg_depthwise_conv2d_mve *layer, const int8_t *const *rows,
                                          int8_t *const *out, int32_t row_count, void *scratch);

TG_EXTERN_C_END

#endif
