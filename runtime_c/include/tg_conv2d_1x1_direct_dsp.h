/* 1x1 convolution, int8, for the DSP extension, for few outputs. Rules C1 and C5 of ARITHMETIC.md.
 *
 * Two pixels run with two channels at a time, read where they are. `row` is a pixel as a fully connected layer, with
 * two mixed channels together (tg_fully_connected_few_dsp.h).
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_1X1_DIRECT_DSP_H
#define TG_CONV2D_1X1_DIRECT_DSP_H

#include "tg_fully_connected_few_dsp.h"

TG_EXTERN_C_BEGIN

struct tg_conv2d_1x1_direct_dsp {
    struct tg_window window;
    struct tg_fully_connected_few_dsp row;
};

/* in: in_height * in_width pixels, out: out_height * out_width. */
void tg_conv2d_1x1_direct_s8_dsp(const struct tg_conv2d_1x1_direct_dsp *layer, const int8_t *in, int8_t *out);
/* The same by rows: tg_rows.h. */
void tg_conv2d_1x1_direct_s8_dsp_rows(const struct tg_conv2d_1x1_direct_dsp *layer, const int8_t *const *rows,
                                      int8_t *const *out, int32_t row_count);

TG_EXTERN_C_END

#endif
