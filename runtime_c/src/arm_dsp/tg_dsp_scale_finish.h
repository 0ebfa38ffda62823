/* The forms of tg_dsp_scale.h in C.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DSP_SCALE_FINISH_H
#define TG_DSP_SCALE_FINISH_H

#include "tg_dsp_scale.h"
#include "tg_fixedpoint.h"
#include "tg_simd.h"

#define TG_DSP_BLOCK 4

/* Words of a channel, and of a block. */
TG_INLINE int32_t tg_dsp_channel_words(int32_t form)
{
    return form == TG_DSP_TWO_ROUNDINGS ? 3 : 2;
}

TG_INLINE int32_t tg_dsp_block_words(int32_t form)
{
    return TG_DSP_BLOCK * (tg_dsp_channel_words(form) + 1);
}

/* Where the sums of a block start. */
TG_INLINE const int32_t *tg_dsp_block_starts(const int32_t *block, int32_t form)
{
    return block + TG_DSP_BLOCK * tg_dsp_channel_words(form);
}

/* The accumulator of channel B: mix - lo is 256 times that. */
TG_INLINE int32_t tg_dsp_high(int32_t mix, int32_t lo)
{
    return tg_wrap_int32((uint32_t)mix - (uint32_t)lo) >> 8;
}

/* The forms that assembly has, for one channel with its words. */
TG_INLINE int8_t tg_dsp_scaled(int32_t acc, const int32_t *channel, int32_t form)
{
    if (form == TG_DSP_ONE_PRODUCT) {
        return (int8_t)tg_ssat8(tg_smmla(tg_wrap_int32((uint32_t)acc << 8), channel[0], channel[1]) >> 12);
    }
    return (int8_t)tg_ssat8(tg_smmlar(tg_wrap_int32((uint32_t)acc << 1), channel[0], channel[1] + (acc >> 31))
                            >> channel[2]);
}

/* Saturated before the sum as well, which could overflow. */
TG_INLINE int8_t tg_dsp_moved(int32_t scaled, int32_t zero_point)
{
    return (int8_t)tg_ssat8(tg_clamp(scaled, -256, 256) + zero_point);
}

/* The rules: rare, so small rather than fast. */
static inline int8_t tg_dsp_by_plain_rule(int32_t acc, const int32_t *channel, const struct tg_dsp_scale *scale)
{
    const int32_t scaled = scale->form == TG_DSP_RULE_A6 ? tg_requantize_tflm(acc, channel[0], channel[1])
                                                         : tg_requantize_native(acc, channel[0], channel[1]);

    return tg_dsp_moved(scaled, scale->out_zero_point);
}

/* Any form. */
static inline int8_t tg_dsp_by_rule(int32_t acc, const int32_t *channel, const struct tg_dsp_scale *scale)
{
    if (scale->form == TG_DSP_ONE_PRODUCT || scale->form == TG_DSP_TWO_ROUNDINGS) {
        return tg_dsp_scaled(acc, channel, scale->form);
    }
    return tg_dsp_by_plain_rule(acc, channel, scale);
}

/* Applies the clamps of an activation to `count` finished bytes; free where there are none. */
TG_INLINE void tg_dsp_scale_clamp(const struct tg_dsp_scale *scale, int8_t *out, int32_t count)
{
    const int32_t low = scale->out_min;
    const int32_t high = scale->out_max;

    if (low == INT8_MIN && high == INT8_MAX) {
        return;
    }
    for (int32_t i = 0; i < count; i++) {
        out[i] = (int8_t)tg_clamp(out[i], low, high);
    }
}

#endif
