/* Average and maximum pooling, int8. Rules P1 and P2 of ARITHMETIC.md.
 *
 *   out[oy][ox][c] = clamp(mean or max over the cells in[oy*sh + ky - top][ox*sw + kx - left][c] inside of the image)
 *
 * The mean is rounded half away from zero. Layout: NHWC with N = 1. Windows have no dilation, and at least one cell
 * of every window lies inside of the image.
 * Padding has no cells: in the row interface (tg_rows.h) rows outside of the tensor are null pointers.
 * Overflow: a window has below 2^23 cells.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_POOL2D_H
#define TG_POOL2D_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_pool2d {
    struct tg_window window;
    int16_t channels;
    int8_t out_min;
    int8_t out_max;
};

/* Computes the whole output. */
void tg_average_pool2d_s8(const struct tg_pool2d *layer, const int8_t *in, int8_t *out);
void tg_max_pool2d_s8(const struct tg_pool2d *layer, const int8_t *in, int8_t *out);

/* The same for the DSP extension. */
void tg_average_pool2d_s8_dsp(const struct tg_pool2d *layer, const int8_t *in, int8_t *out);
void tg_max_pool2d_s8_dsp(const struct tg_pool2d *layer, const int8_t *in, int8_t *out);

/* Computes row_count output rows out[0 .. row_count) from input rows. */
void tg_average_pool2d_s8_rows(const struct tg_pool2d *layer, const int8_t *const *rows, int8_t *const *out,
                               int32_t row_count);
void tg_max_pool2d_s8_rows(const struct tg_pool2d *layer, const int8_t *const *rows, int8_t *const *out,
                           int32_t row_count);
void tg_average_pool2d_s8_dsp_rows(const struct tg_pool2d *layer, const int8_t *const *rows, int8_t *const *out,
                                   int32_t row_count);
void tg_max_pool2d_s8_dsp_rows(const struct tg_pool2d *layer, const int8_t *const *rows, int8_t *const *out,
                               int32_t row_count);

TG_EXTERN_C_END

#endif
