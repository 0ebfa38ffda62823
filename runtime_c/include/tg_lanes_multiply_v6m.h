/* A vector times a weight matrix, two channels in each word: tinygen/proofs/lanes.py proves that they do not meet.
 *
 *   sums[2 p] = sum x[i] * (int16_t)weights[i][p] + blocks * 0x8000         sums[2 p + 1] = sum x[i] * high half
 *
 * where weights[i][p], one int32 modulo 2^32, is w[2 p][i] + (w[2 p + 1][i] << 16).
 * Layout: for every four channels [words][2]; x holds int8 values, one in a word, in the order of the blocks.
 * Overflow: the products of a block of `size` words leave both halves of their sum within int16.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_LANES_MULTIPLY_V6M_H
#define TG_LANES_MULTIPLY_V6M_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_lanes_v6m {
    const int16_t *offsets; /* [words], filled up to a multiple of 4: where x[i] is, seen from a window's first cell */
    const int32_t *weights;
    int32_t words; /* of x: a multiple of size, of 2 * size where size is odd */
    int32_t size;  /* of a block: 2, 3, 4, 5, 6, 8 or 12 */
    int32_t channels; /* a multiple of 4; outputs that are not wanted have weights of 0 */
};

/* Computes sums[0 .. channels). */
void tg_lanes_multiply_v6m(const struct tg_lanes_v6m *lanes, const int32_t *weights, const int32_t *x,
                           int32_t *sums);

TG_EXTERN_C_END

#endif
