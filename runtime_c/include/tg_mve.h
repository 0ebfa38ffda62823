/* How the kernels for Helium (MVE, Armv8.1-M) keep weights and turn sums into int8. Rules A6, A7, C1 of ARITHMETIC.md.
 *
 * Tiles: four output channels are computed together. Of the first channels / 8 * 8 channels every eight make two
 * tiles, one with the even channels and one with the odd ones, which narrowing instructions interleave again; those
 * that are left make tiles of neighbours. Channels that do not exist have zero weights and zero words.
 * Weights: for each tile, for each step of 16 values, 16 weights of each of its four channels; zeros after the last.
 * Words: for each tile some vectors of four int32, one lane for each channel. With s the sum of products of raw
 * inputs:
 *
 *   TG_MVE_PLAIN     offset, multiplier               y = (t * multiplier >> 32) >> 16, t = s * factor + offset
 *   TG_MVE_SIGNED    offset, multiplier, sign         y = (t * multiplier >> 32) + (t >= 0 ? sign : 0) >> 16,
 *                                                     plus the zero point
 *   TG_MVE_TEXTBOOK  bias, multiplier, left, -right   y = rule A6 for s + bias, + zero point
 *
 * y is saturated to int8; the activation's bounds, where they are narrower, come last.
 * Exact: tinygen/proofs/requantization.py proves the first two for each channel. Overflow: t and what is shifted fit
 * in int32; sums may wrap before the offset is added, the result does not.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MVE_H
#define TG_MVE_H

#include "tg_common.h"

enum tg_mve_form { TG_MVE_PLAIN, TG_MVE_SIGNED, TG_MVE_TEXTBOOK };

/* Values of a step, channels of a tile and of a pair of tiles. */
enum { TG_MVE_STEP = 16, TG_MVE_TILE = 4, TG_MVE_PAIR = 8 };

/* A matrix of weights and what becomes of its products. Assembly knows the offsets of the fields. */
struct tg_mve_dense {
    const int8_t *weights;
    const int32_t *words;
    int32_t steps; /* of 16 values */
    int32_t tiles;
    int32_t channels;
    int32_t factor; /* a power of two; 1 for TG_MVE_TEXTBOOK */
    int32_t zero_point;
    int32_t form;
    int32_t out_step; /* from the outputs of one vector to those of the next */
};

#endif
