/* A vector times a weight matrix, four channels in the bytes of a word, which two products take apart.
 *
 *   sums[c] = sum x[i] * w[c][i] + (c even ? blocks * 0x8000 : 0)
 *
 * A word of weights holds u = w + 128 of the channels 0, 2, 1, 3, from the lowest byte on. (word & 0x00ff00ff) * x adds
 * u * x to the halves of one sum, the same of word >> 8 to those of another. A block begins with what the 128 are too
 * much, so only its total has to fit, as tinygen/proofs/lanes.py proves.
 *
 * Layout: for every four channels [blocks][size]. x: for every block 0x8000 - 0x00800080 * (sum of its inputs), modulo
 * 2^32, then its `size` inputs, one in a word.
 * Overflow: everything counts modulo 2^32; the totals of a block stay within int16.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_QUADS_MULTIPLY_V6M_H
#define TG_QUADS_MULTIPLY_V6M_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

/* Inputs of a block, at most. */
enum { TG_QUADS_LONGEST = 24 };

struct tg_quads_v6m {
    const int16_t *offsets; /* [blocks][size]: which input each one is */
    const int32_t *weights;
    int32_t blocks;
    int32_t size;     /* 1 .. TG_QUADS_LONGEST */
    int32_t channels; /* a multiple of 4; outputs that are not wanted have weights of 0 */
};

/* Computes sums[0 .. channels). */
void tg_quads_multiply_v6m(const struct tg_quads_v6m *quads, const int32_t *x, int32_t *sums);

TG_EXTERN_C_END

#endif
