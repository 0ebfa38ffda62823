/* 2-D convolution, int8, with two pixels in a word. Rules C1 to C3 of ARITHMETIC.md; see tg_conv2d.h
 * for the formula and tg_swar.h for the arithmetic.
 *
 * The cells under the windows of some pixels, padding included, are put together as words in scratch, in the order
 * that the weights have; then all channels run over these words. Pixels follow each other over the ends of rows.
 *
 * Layout: for each group, weights [ceil(its channels / 3)][blocks][block][3] and places; places[i] is where its input i
 * of the window, in the order [kernel_height][kernel_width][group_channels], has its word of the first pair of pixels,
 * in bytes.
 * Overflow: see tg_swar.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_SWAR_H
#define TG_CONV2D_SWAR_H

#include "tg_common.h"
#include "tg_swar.h"

TG_EXTERN_C_BEGIN

struct tg_conv2d_swar {
    struct tg_window window;
    int16_t in_channels;
    int16_t out_channels;
    int16_t groups;
    int16_t group_channels; /* of the input, in_channels / groups */
    int16_t block;
    int16_t blocks;
    int16_t out_step; /* bytes from one pixel of the output to the next */
    int8_t in_zero_point;
    const uint16_t *places;
    const int8_t *weights;
    struct tg_swar_output output;
    const int8_t *pad_row; /* in_width * in_channels times in_zero_point; 0 without padding above or below */
};

/* Computes the whole output. `scratch`: tinygen/kernels/conv2d_swar.py, 8-byte aligned. */
void tg_conv2d_s8_v7m(const struct tg_conv2d_swar *layer, const int8_t *in, int8_t *out, void *scratch);
void tg_conv2d_s8_rv32(const struct tg_conv2d_swar *layer, const int8_t *in, int8_t *out, void *scratch);

/* Computes row_count output rows out[0 .. row_count) from input rows (tg_rows.h). */
void tg_conv2d_s8_v7m_rows(const struct tg_conv2d_swar *layer, const int8_t *const *rows, int8_t *const *out,
                           int32_t row_count, void *scratch);
void tg_conv2d_s8_rv32_rows(const struct tg_conv2d_swar *layer, const int8_t *const *rows, int8_t *const *out,
                            int32_t row_count, void *scratch);

TG_EXTERN_C_END

#endif
