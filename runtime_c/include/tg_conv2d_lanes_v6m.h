/* 2-D convolution for Armv6-M, dense or grouped, int8: two output channels in each product.
 *
 *   out[oy][ox][o] = requantize(sum in[oy*sh + ky*dh - top][ox*sw + kx*dw - left][i] * weights[o][ky][kx][i])
 *
 * Layout: tensors NHWC with N = 1; weights as in tg_lanes_multiply_v6m.h, group by group. The rows under the windows of
 * an output row are copied side by side, padding included, so that every window is the same pattern of offsets.
 * Overflow: see tg_lanes_multiply_v6m.h and tg_requantize_narrow_s8_v6m.h; the generator proves both for every channel.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_LANES_V6M_H
#define TG_CONV2D_LANES_V6M_H

#include "tg_common.h"
#include "tg_lanes_gather_v6m.h"
#include "tg_lanes_multiply_v6m.h"
#include "tg_requantize_narrow_s8_v6m.h"

TG_EXTERN_C_BEGIN

struct tg_conv2d_lanes_v6m {
    struct tg_window window;
    int16_t in_channels;
    int16_t out_channels;
    int16_t groups;
    int8_t in_zero_point;
    int32_t row_bytes;  /* of a copied row, a multiple of 4; 0 for windows of one cell, which are read in place */
    int32_t lead_bytes; /* before the first cell of a copied row: its padding, rounded up to a multiple of 4 */
    struct tg_lanes_v6m lanes; /* of one group: `channels` of it, `offsets` and `weights` of all */
    struct tg_narrow_v6m narrow;
    const int8_t *pad_row; /* in_width * in_channels times in_zero_point; 0 without padding above or below */
};

/* Computes the whole output. `scratch`, 8-byte aligned: _pairs_scratch_bytes of tinygen/kernels/conv2d_v6m.py. */
void tg_conv2d_lanes_s8_v6m(const struct tg_conv2d_lanes_v6m *layer, const int8_t *in, int8_t *out,
                            void *scratch);

/* Computes row_count output rows out[0 .. row_count) from input rows (tg_rows.h). */
void tg_conv2d_lanes_s8_v6m_rows(const struct tg_conv2d_lanes_v6m *layer, const int8_t *const *rows,
                                 int8_t *const *out, int32_t row_count, void *scratch);

TG_EXTERN_C_END

#endif
