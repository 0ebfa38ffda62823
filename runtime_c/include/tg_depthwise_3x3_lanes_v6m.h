/* Sums of a 3x3 depthwise convolution over lines (tg_depthwise_lines_v6m.h), two outputs in each product.
 *
 *   word = sum over ky, kx of weights[ky][kx] * line[oy*sh + ky][2*stride*p + kx]
 *   sums[oy][2 p], sums[oy][2 p + 1] = its lower and its upper half
 *
 * taken apart after every block of three products, or of two and one.
 * Overflow: the halves of a block stay within int16 (tinygen/proofs/lanes.py).
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_3X3_LANES_V6M_H
#define TG_DEPTHWISE_3X3_LANES_V6M_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

/* Room for a struct tg_pass_v6m in scratch, on every core; a multiple of 8 bytes. */
enum { TG_PASS_V6M_WORDS = 24 };

struct tg_pass_v6m {
    const int32_t *lines;
    int32_t line_bytes;
    int32_t row_advance; /* bytes from where the last pair of outputs ends in a line to the next row's first */
    int32_t *sums;
    int32_t pairs_bytes; /* of sums that a row writes: two for each pair of outputs */
    int32_t row_bytes;   /* of sums that it keeps: an odd row's last is overwritten by the next row */
    int32_t *sums_end;   /* of the last row's pairs */
    int32_t loop;        /* 0, 1: blocks of three, a stride of 1, 2; 2, 3: blocks of two */
    int32_t weights[9];
};

void tg_depthwise_3x3_lanes_v6m(const struct tg_pass_v6m *pass);

TG_EXTERN_C_END

#endif
