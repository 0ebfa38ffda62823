/* How kernels for the DSP extension turn sums into int8, with four output channels A, B, C, D to a block. Rules A6 and
 * A7 of ARITHMETIC.md.
 *
 * The generator knows a bound for every accumulator, and chooses for each layer the cheapest form that it has proved
 * to give the same bytes for all accumulators within the bounds (tinygen/kernels/dsp_scale.py):
 *
 *   TG_DSP_ONE_PRODUCT    ssat8(floor(256 * acc * M / 2^32) + K >> 12); |acc| < 2^23
 *   TG_DSP_TWO_ROUNDINGS  ssat8(round(2 * acc * M / 2^32) + K - (acc < 0) >> S); |acc| < 2^30
 *   TG_DSP_RULE_A6        ssat8(requantize(acc, M, S) + zero point) as rule A6 stands
 *   TG_DSP_RULE_A7        the same with rule A7
 *
 * Words of a block: M, K of each channel (with TWO_ROUNDINGS M, K, S; with the rules M, S), then four words where the
 * sums start: the bias of A, that of A + 256 * that of B, the same for C and D. The bias is folded: the input's zero
 * point times the sum of the weights is taken off, so that kernels multiply raw inputs.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DSP_SCALE_H
#define TG_DSP_SCALE_H

#include "tg_common.h"

enum tg_dsp_scale_form { TG_DSP_ONE_PRODUCT, TG_DSP_TWO_ROUNDINGS, TG_DSP_RULE_A6, TG_DSP_RULE_A7 };

struct tg_dsp_scale {
    const int32_t *blocks;
    int8_t form; /* enum tg_dsp_scale_form */
    int8_t out_zero_point;
    int8_t out_min; /* -128 and 127 where saturation does it all */
    int8_t out_max;
};

#endif
