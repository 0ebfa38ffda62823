/* 2-D convolution in groups, int8, for the DSP extension. Rules C1 to C3 of ARITHMETIC.md; see tg_conv2d.h.
 *
 * Group by group, the channels of the input are gathered into an image of their own, which tg_conv2d_strips_s8_dsp
 * computes, and its output is put between those of the other groups.
 *
 * `one` is the layer of the first group; the weights of the others follow, `weights_step` words apart, and their blocks
 * of words `blocks_step` apart.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_GROUPS_DSP_H
#define TG_CONV2D_GROUPS_DSP_H

#include "tg_conv2d_strips_dsp.h"

TG_EXTERN_C_BEGIN

struct tg_conv2d_groups_dsp {
    struct tg_window window; /* that of `one` */
    int32_t groups;
    int32_t weights_step;
    int32_t blocks_step;
    struct tg_conv2d_strips_dsp one;
};

/* Computes the whole output. `scratch`: tinygen/kernels/conv2d_groups_dsp.py, 8-byte aligned. */
void tg_conv2d_groups_s8_dsp(const struct tg_conv2d_groups_dsp *layer, const int8_t *in, int8_t *out, void *scratch);

/* Computes row_count output rows out[0 .. row_count) from input rows (tg_rows.h). */
void tg_conv2d_groups_s8_dsp_rows(const struct tg_conv2d_groups_dsp *layer, const int8_t *const *rows,
                                  int8_t *const *out, int32_t row_count, void *scratch);

TG_EXTERN_C_END

#endif
