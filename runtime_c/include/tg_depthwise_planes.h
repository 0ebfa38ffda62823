/* Depthwise 2-D convolution, int8, in channel planes, for the DSP extension. Rules C1, C2, C4 of ARITHMETIC.md.
 *
 *   out[oy][ox][o] = ssat8((floor(t[o] * multiplier[o] / 2^32) + offset[o] + (t[o] < 0 ? sign[o] : 0)) >> 16),
 *                    then the activation's clamps,
 *   t[o] = start[o] + sum over ky, kx of (in[..][..][c] << 8) * weight[o][ky][kx],  o = c * channel_multiplier + m
 *
 * Weights and start are scaled by the generator, which proves that the result is exact (tinygen/proofs).
 *
 * Four input channels at a time are taken apart into planes of int16 in scratch, a few lines at a time; then two taps
 * of a kernel row lie side by side in a word. An int8 in the upper half of an int16 costs no more than in the lower:
 * one AND takes two of them out of a word.
 *
 * Planes: [tile][4 / line_planes][line][line_planes][words]: a line of TG_LINE_WORDS words holds a row of 4, 2 or 1
 * channels; the distance between lines is constant, so that it can be in the instructions. A tile is a strip of columns,
 * padding included; there is more than one only where a row of one channel does not fit in a line. Neighbouring tiles
 * share the columns that both read.
 * Channels: for each output channel its weight words, then start and multiplier, then offset and sign for the kernels
 * that have them; the others have offset and sign 0. Weight words of the kernels:
 *   3x3, stride 1: (w0, w1), (w1, w2) for each row
 *   3x3, stride 2: (w0, w1) for each row; w2 of rows 0 and 1; (w2 of row 2, 0)
 *   shifted:       the same; but weights are not scaled, and behind the sign there is the channel's shift, which takes
 *                  the place of 16
 *   any:           pairs of each row in order, with zeros between dilated taps and at the end of an odd row. The rest as
 *                  shifted.
 *   9 wide:        for each row, for every two columns, (w0, w1) for windows that begin with a word and (-, w0) for those
 *                  that begin in the middle of one, and so on; zeros between dilated taps and for "-". The rest as shifted
 *   9 wide, stride 2: the same without the second of these
 * Packed kernels have a channel in fewer bytes, and make words of it in scratch when its turn comes: start and
 * multiplier, with any kernel offset and sign * 256 + shift, then bytes: taps + 128, so that the even bytes of a word
 * are one of the words above, but for tap_shift, and the odd bytes the next one.
 * Overflow: sums wrap; the generator bounds every t and every result.
 * Kernels "twos" take two channels at a time, with all lines of them: half the scratch, where lines hold no more. For
 * whole tensors in one tile, with as many output channels as input channels.
 * In place: a whole tensor's output may take the place of its input where both have the same shape and the stride is
 * 1. All rows and columns up to the last ones written have been taken apart by then.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_PLANES_H
#define TG_DEPTHWISE_PLANES_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

/* Words of a line: 64 columns of one channel, 32 of two, 16 of four. */
#define TG_LINE_WORDS 32

struct tg_depthwise_planes {
    struct tg_window window;
    int16_t in_channels;
    int16_t channel_multiplier;
    int16_t tiles;
    int16_t tile_columns; /* outputs of a tile, the last one's excepted */
    int16_t tile_inputs;  /* columns that these read */
    int16_t line_planes;  /* channels in a line: 4, 2 or 1 */
    int16_t pass_rows;    /* output rows that are computed from one fill of the planes */
    int16_t pass_lines;   /* lines of a channel in a tile */
    int16_t is_turned;    /* 1: the layer's rows are columns of the tensors, and its columns their rows */
    int8_t in_zero_point;
    int8_t out_min;
    int8_t out_max;
    int8_t tap_shift; /* of packed taps; 0 otherwise */
    const int32_t *channels;
};

/* Computes the whole output. `scratch`: tiles * pass_lines * (4 / line_planes) * TG_LINE_WORDS words. */
void tg_depthwise_3x3_s8_dsp(const struct tg_depthwise_planes *layer, const int8_t *in, int8_t *out,
    void *scratch);
void tg_depthwise_3x3_signed_s8_dsp(const struct tg_depthwise_planes *layer, const int8_t *in, int8_t *out,
    void *scratch);
void tg_depthwise_3x3_stride2_s8_dsp(const struct tg_depthwise_planes *layer, const int8_t *in, int8_t *out,
    void *scratch);
void tg_depthwise_3x3_stride2_signed_s8_dsp(const struct tg_depthwise_planes *layer, const int8_t *in, int8_t *out,
    void *scratch);

/* Exact by construction, with no need of a proof. */
void tg_depthwise_3x3_shifted_s8_dsp(const struct tg_depthwise_planes *layer, const int8_t *in, int8_t *out,
    void *scratch);
void tg_depthwise_3x3_stride2_shifted_s8_dsp(const struct tg_depthwise_planes *layer, const int8_t *in, int8_t *out,
    void *scratch);

/* Any kernel, stride and dilation. */
void tg_depthwise_any_s8_dsp(const struct tg_depthwise_planes *layer, const int8_t *in, int8_t *out, void *scratch);

/* Windows of up to 9 columns, 10 with stride 2; those between dilated taps count. */
void tg_depthwise_9_wide_s8_dsp(const struct tg_depthwise_planes *layer, const int8_t *in, int8_t *out, void *scratch);
void tg_depthwise_9_wide_stride2_s8_dsp(const struct tg_depthwise_planes *layer, const int8_t *in, int8_t *out,
    void *scratch);

/* Channels that are packed: behind the planes, `scratch` has the words of 4 or channel_multiplier channels. */
void tg_depthwise_3x3_packed_s8_dsp(const struct tg_depthwise_planes *layer, const int8_t *in, int8_t *out,
    void *scratch);
void tg_depthwise_3x3_stride2_packed_s8_dsp(const struct tg_depthwise_planes *layer, const int8_t *in, int8_t *out,
    void *scratch);
void tg_depthwise_any_packed_s8_dsp(const struct tg_depthwise_planes *layer, const int8_t *in, int8_t *out,
    void *scratch);

/* Two channels at a time. `scratch`: pass_lines * (2 / line_planes) * TG_LINE_WORDS words, and those of two channels. */
void tg_depthwise_3x3_twos_s8_dsp(const struct tg_depthwise_planes *layer, const int8_t *in, int8_t *out,
    void *scratch);
void tg_depthwise_3x3_packed_twos_s8_dsp(const struct tg_depthwise_planes *layer, const int8_t *in, int8_t *out,
    void *scratch);

/* Computes row_count output rows out[0 .. row_count) from input rows (tg_rows.h); rows of padding are null. */
void tg_depthwise_3x3_s8_dsp_rows(const struct tg_depthwise_planes *layer, const int8_t *const *rows, int8_t *const *out,
    int32_t row_count, void *scratch);
void tg_depthwise_3x3_signed_s8_dsp_rows(const struct tg_depthwise_planes *layer, const int8_t *const *rows, int8_t *const *out,
    int32_t row_count, void *scratch);
void tg_depthwise_3x3_stride2_s8_dsp_rows(const struct tg_depthwise_planes *layer, const int8_t *const *rows, int8_t *const *out,
    int32_t row_count, void *scratch);
void tg_depthwise_3x3_stride2_signed_s8_dsp_rows(const struct tg_depthwise_planes *layer, const int8_t *const *rows, int8_t *const *out,
    int32_t row_count, void *scratch);
void tg_depthwise_3x3_shifted_s8_dsp_rows(const struct tg_depthwise_planes *layer, const int8_t *const *rows,
    int8_t *const *out, int32_t row_count, void *scratch);
void tg_depthwise_3x3_stride2_shifted_s8_dsp_rows(const struct tg_depthwise_planes *layer, const int8_t *const *rows,
    int8_t *const *out, int32_t row_count, void *scratch);
void tg_depthwise_any_s8_dsp_rows(const struct tg_depthwise_planes *layer, const int8_t *const *rows,
    int8_t *const *out, int32_t row_count, void *scratch);
void tg_depthwise_9_wide_s8_dsp_rows(const struct tg_depthwise_planes *layer, const int8_t *const *rows,
    int8_t *const *out, int32_t row_count, void *scratch);
void tg_depthwise_9_wide_stride2_s8_dsp_rows(const struct tg_depthwise_planes *layer, const int8_t *const *rows,
    int8_t *const *out, int32_t row_count, void *scratch);
void tg_depthwise_3x3_packed_s8_dsp_rows(const struct tg_depthwise_planes *layer, const int8_t *const *rows,
    int8_t *const *out, int32_t row_count, void *scratch);
void tg_depthwise_3x3_stride2_packed_s8_dsp_rows(const struct tg_depthwise_planes *layer, const int8_t *const *rows,
    int8_t *const *out, int32_t row_count, void *scratch);
void tg_depthwise_any_packed_s8_dsp_rows(const struct tg_depthwise_planes *layer, const int8_t *const *rows,
    int8_t *const *out, int32_t row_count, void *scratch);

TG_EXTERN_C_END

#endif
