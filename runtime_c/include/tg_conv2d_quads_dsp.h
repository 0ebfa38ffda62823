/* 2-D convolution, int8, for the DSP extension, for small groups and few outputs. Rules C1 to C3 of ARITHMETIC.md; see
 * tg_conv2d.h. Any window, any groups, any weights.
 *
 * Input rows are copied as lines, one group behind the other, with their padding, or read where they are. A window's
 * input lies there in runs of consecutive values, read by fours: as many runs in each kernel row as there are columns
 * where columns are dilated, else one. Two neighbouring outputs of two channels A, B are computed together, of a last channel alone two outputs.
 *
 * Weights: for each group, for each two of its channels (or the last one), for each run, for each four values: four
 * bytes for A, four for B; 0 behind the end of a run.
 * Overflow: the generator bounds every sum of a prefix of the products.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_QUADS_DSP_H
#define TG_CONV2D_QUADS_DSP_H

#include "tg_dsp_scale.h"

TG_EXTERN_C_BEGIN

struct tg_conv2d_quads_dsp {
    struct tg_window window;
    int16_t in_channels;
    int16_t out_channels;
    int16_t groups;
    int16_t runs;       /* of a kernel row */
    int16_t run_quads;  /* fours that a run is read by */
    int16_t part_bytes; /* of a line for each group */
    int8_t is_direct;   /* one group without padding, whose runs are whole fours: nothing is copied */
    int8_t in_zero_point;
    int8_t form; /* enum tg_dsp_scale_form */
    int8_t out_zero_point;
    int8_t out_min; /* -128 and 127 where saturation does it all */
    int8_t out_max;
    const int8_t *weights;
    const int32_t *bias;  /* the input's zero point is folded into it */
    const int32_t *words; /* for each channel those of the form (tg_dsp_scale.h) */
};

/* Computes the whole output. `scratch`: tinygen/kernels/conv2d_quads_dsp.py, 8-byte aligned. */
void tg_conv2d_quads_s8_dsp(const struct tg_conv2d_quads_dsp *layer, const int8_t *in, int8_t *out, void *scratch);

/* Computes row_count output rows out[0 .. row_count) from input rows (tg_rows.h). */
void tg_conv2d_quads_s8_dsp_rows(const struct tg_conv2d_quads_dsp *layer, const int8_t *const *rows,
                                 int8_t *const *out, int32_t row_count, void *scratch);

TG_EXTERN_C_END

#endif
