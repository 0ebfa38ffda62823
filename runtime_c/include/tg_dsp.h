/* From the accumulators of the DSP kernels to int8. Rules A6 and A7 of ARITHMETIC.md.
 *
 * The generator knows a bound for every accumulator, and chooses the cheapest of three forms that gives the same
 * bytes for each accumulator within the bounds (tinygen/kernels/dsp_output.py). Every output channel has four words:
 *
 *   init        where its sum starts
 *   multiplier  M, in 0 .. 2^31 - 1
 *   offset      K: output zero point and rounding
 *   shift       S
 *
 *   TG_DSP_SINGLE    ssat8(floor(4 * acc * M / 2^32) + K >> S)        one rounding; 4 * acc fits in int32
 *   TG_DSP_DOUBLE    ssat8(round(2 * acc * M / 2^32) + K - (acc < 0) >> S)   two roundings; 2 * acc fits in int32
 *   TG_DSP_TEXTBOOK  ssat8(requantize(acc, M, S) + K)                 rule A6 as it stands; S is the shift
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DSP_H
#define TG_DSP_H

#include "tg_common.h"

enum tg_dsp_form { TG_DSP_SINGLE, TG_DSP_DOUBLE, TG_DSP_TEXTBOOK };

/* Words of a channel. */
enum tg_dsp_channel { TG_DSP_INIT, TG_DSP_MULTIPLIER, TG_DSP_OFFSET, TG_DSP_SHIFT, TG_DSP_CHANNEL_WORDS };

struct tg_dsp_output {
    const int32_t *channels; /* TG_DSP_CHANNEL_WORDS for each output channel */
    int8_t form;             /* enum tg_dsp_form */
    int8_t out_min;
    int8_t out_max;
};

#endif
