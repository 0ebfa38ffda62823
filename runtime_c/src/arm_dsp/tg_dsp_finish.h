/* The last step of the DSP kernels: requantization and clamps. See tg_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DSP_FINISH_H
#define TG_DSP_FINISH_H

#include "tg_dsp.h"
#include "tg_fixedpoint.h"
#include "tg_simd.h"

/* The power of two by which a form wants its accumulators scaled. */
TG_INLINE int32_t tg_dsp_prescale(enum tg_dsp_form form)
{
    return form == TG_DSP_SINGLE ? 2 : form == TG_DSP_DOUBLE ? 1 : 0;
}

/* int8 of an accumulator that is scaled by 2^prescale. `form` is a compile-time constant wherever it matters. */
TG_INLINE int32_t tg_dsp_finish(int32_t acc, int32_t multiplier, int32_t offset, int32_t shift,
                                enum tg_dsp_form form)
{
    if (form == TG_DSP_SINGLE) {
        return tg_ssat8(tg_smmla(acc, multiplier, offset) >> shift);
    }
    if (form == TG_DSP_DOUBLE) {
        return tg_ssat8(tg_smmlar(acc, multiplier, offset + (acc >> 31)) >> shift);
    }
    return tg_ssat8(tg_requantize_tflm(acc, multiplier, shift) + offset);
}

/* Stores one output of the channel whose words are at `channel`. */
TG_INLINE void tg_dsp_store_1(int32_t acc, const int32_t *channel, enum tg_dsp_form form, int8_t *out)
{
    *out = (int8_t)tg_dsp_finish(acc, channel[TG_DSP_MULTIPLIER], channel[TG_DSP_OFFSET],
                                 channel[TG_DSP_SHIFT], form);
}

/* Stores two: the words are loaded once, before a store that might alias them. */
TG_INLINE void tg_dsp_store_2(int32_t acc_p, int32_t acc_q, const int32_t *channel,
                              enum tg_dsp_form form, int8_t *out_p, int8_t *out_q)
{
    const int32_t multiplier = channel[TG_DSP_MULTIPLIER];
    const int32_t offset = channel[TG_DSP_OFFSET];
    const int32_t shift = channel[TG_DSP_SHIFT];

    *out_p = (int8_t)tg_dsp_finish(acc_p, multiplier, offset, shift, form);
    *out_q = (int8_t)tg_dsp_finish(acc_q, multiplier, offset, shift, form);
}

/* Applies the clamps of an activation to `count` finished bytes; free where there are none. */
TG_INLINE void tg_dsp_clamp(const struct tg_dsp_output *output, int8_t *out, int32_t count)
{
    const int32_t low = output->out_min;
    const int32_t high = output->out_max;

    if (low == INT8_MIN && high == INT8_MAX) {
        return;
    }
    for (int32_t i = 0; i < count; i++) {
        out[i] = (int8_t)tg_clamp(out[i], low, high);
    }
}

#endif
