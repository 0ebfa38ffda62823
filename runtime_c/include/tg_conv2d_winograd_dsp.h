/* 3x3 convolution with stride 1, int8, for the DSP extension, by the Winograd algorithm F(4x4, 3x3) in exact integers.
 * Rules C1 to C3 of ARITHMETIC.md.
 *
 * Outputs are computed in tiles of 4x4, each from 6x6 inputs. With integer transforms A, B, G (tinygen/proofs/
 * winograd.py), y = w * x becomes 576 * y = A (G w G' . B x B') A', where "." multiplies the 36 positions of a tile one
 * by one and sums over the input channels: 36 products in place of 144. Everything is exact modulo 2^32.
 *
 * Overflow: transformed weights and inputs fit in int16 for all bytes. 576 times every accumulator fits in int32, or
 * the generator does not choose this kernel. All other sums may wrap.
 *
 * Tiles are computed in pairs, side by side. Output channels come in fours; those beyond the last are computed and not
 * stored. Input channels come in fours as well; the last four end with the last channel, and weights of channels that
 * were there before are 0. So both must be 4 at least for inputs, 1 for outputs.
 *
 * Transformed weights, int16: [fours of output channels][36 positions][pairs of input channels][4][2]; the pairs of each
 * four input channels are (0, 2) and (1, 3).
 *
 * Compact weights, int8: [fours of output channels][fours of input channels][4][9 taps][4].
 *
 * The requantization (tinygen/proofs/winograd.py), with t = 576 * acc and M, K, s of the channel:
 *
 *   TG_WINOGRAD_PLAIN    ssat8(floor(t * M / 2^32) + K >> 16)
 *   TG_WINOGRAD_SIGNED   ssat8(floor(t * M / 2^32) + K + (t < 0 ? s : 0) >> 16)
 *   TG_WINOGRAD_SHIFTED  the same with a shift of the channel in place of 16
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_WINOGRAD_DSP_H
#define TG_CONV2D_WINOGRAD_DSP_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

enum tg_winograd_form { TG_WINOGRAD_PLAIN, TG_WINOGRAD_SIGNED, TG_WINOGRAD_SHIFTED };

/* Words of an output channel. */
enum tg_winograd_channel {
    TG_WINOGRAD_BIAS, /* 576 * bias, the input's zero point folded in; modulo 2^32 */
    TG_WINOGRAD_MULTIPLIER,
    TG_WINOGRAD_OFFSET,
    TG_WINOGRAD_SIGN,
    TG_WINOGRAD_SHIFT /* TG_WINOGRAD_SHIFTED only */
};

struct tg_conv2d_winograd_dsp {
    struct tg_window window;
    int16_t in_channels;
    int16_t out_channels;
    int16_t chunk_rows;  /* rows of tiles whose inputs are transformed before the products begin */
    int16_t chunk_pairs; /* and pairs of tiles of each such row */
    int16_t in_zero_point;
    int16_t keeps_weights; /* weights that are transformed at run time: all at once, else for each chunk */
    int8_t form;           /* enum tg_winograd_form */
    int8_t out_min; /* -128 and 127 where saturation does it all */
    int8_t out_max;
    int16_t out_step; /* bytes from pixel to pixel of a whole output */
    const int32_t *weights;
    const int32_t *channels; /* enum tg_winograd_channel for each output channel, whole fours */
    const int8_t *pad_row;   /* zero points; NULL where no row is padding */
};

/* `scratch`: tinygen/kernels/conv2d_winograd_dsp.py, 8-byte aligned. Rows (tg_rows.h) are fastest in multiples of four.
 */

/* With transformed weights. */
void tg_conv2d_winograd_s8_dsp(const struct tg_conv2d_winograd_dsp *layer, const int8_t *in, int8_t *out,
                               void *scratch);
void tg_conv2d_winograd_s8_dsp_rows(const struct tg_conv2d_winograd_dsp *layer, const int8_t *const *rows,
                                    int8_t *const *out, int32_t row_count, void *scratch);

/* With compact weights, which are transformed into scratch. */
void tg_conv2d_winograd_compact_s8_dsp(const struct tg_conv2d_winograd_dsp *layer, const int8_t *in, int8_t *out,
                                       void *scratch);
void tg_conv2d_winograd_compact_s8_dsp_rows(const struct tg_conv2d_winograd_dsp *layer, const int8_t *const *rows,
                                            int8_t *const *out, int32_t row_count, void *scratch);

/* The same in less code, more slowly; not for TG_WINOGRAD_SHIFTED. `pad_row` is NULL: scratch begins with room for an
 * input row, its bytes rounded up to 8. */
void tg_conv2d_winograd_short_s8_dsp(const struct tg_conv2d_winograd_dsp *layer, const int8_t *in, int8_t *out,
                                     void *scratch);

TG_EXTERN_C_END

#endif
