/* Convolution, int8, for the DSP extension, for small groups and few outputs. Rules C1 and C5 of ARITHMETIC.md.
 *
 * The rows under some output rows are copied as lines with their padding, those of all groups or of one; without padding
 * the input is read where it is. A window is then read by fours, whose places follow from the first. A table has where
 * the windows of these output rows begin, in the order of the output: two of them run with two channels at a time, or
 * four with one channel.
 *
 * A run is what lies side by side in a kernel row: all of it, or one tap where taps are dilated, or other groups lie
 * between. Each is read by fours; the last four ends with the run, with weights of 0 for what came before. Only runs of
 * less than four are read beyond their end, with weights of 0 there.
 * Weights of a four: where it is, in bytes from the window's first, between two words. Of two channels A, B that can be
 * mixed, each halfword is 256 * b + a, as in tg_fully_connected_few_dsp.h; of a channel alone it is the weight.
 * Words of two mixed channels, and of each alone: where their sums start, then M, K (S) of each, as there.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_RUNS_DSP_H
#define TG_CONV2D_RUNS_DSP_H

#include "tg_dsp_scale.h"

TG_EXTERN_C_BEGIN

/* A window of a group. Assembly knows where the fields are. */
struct tg_few_windows_dsp {
    const int32_t *weights;
    const int32_t *words;
    int32_t fours;
    int32_t unused; /* assembly has the other fields where those of tg_fully_connected_few_dsp are */
    int32_t twos;   /* of channels that are mixed */
    int32_t ones;   /* channels behind them */
    int8_t form;    /* enum tg_dsp_scale_form; no rule */
    int8_t out_min; /* -128 and 127 where saturation does it all */
    int8_t out_max;
};

struct tg_conv2d_runs_dsp {
    struct tg_window window;
    int32_t in_channels;
    int32_t out_channels;
    int32_t groups;
    int32_t band_rows;   /* output rows that are computed together */
    int32_t line_bytes;  /* a copied row, or a row of the input */
    int32_t pixel_bytes; /* of a line: all groups, or one */
    int32_t table_bytes; /* of 2 for each window of a band, at least two: multiples of 4 */
    int8_t is_direct;    /* the input is read where it is, but for the row interface */
    int8_t is_padded;
    int8_t in_zero_point;
    struct tg_few_windows_dsp first; /* of the first group */
};

/* in: in_height * in_width * in_channels, out: out_height * out_width * out_channels.
 * scratch: the table; then line_bytes for each row under band_rows output rows, and 4 bytes. */
void tg_conv2d_runs_s8_dsp(const struct tg_conv2d_runs_dsp *layer, const int8_t *in, int8_t *out, void *scratch);
/* The same by rows: tg_rows.h. */
void tg_conv2d_runs_s8_dsp_rows(const struct tg_conv2d_runs_dsp *layer, const int8_t *const *rows, int8_t *const *out,
                                int32_t row_count, void *scratch);

TG_EXTERN_C_END

#endif
