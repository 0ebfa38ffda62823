/* Blocks of dot products over mixed weights: 2 or 1 pixels x 4 channels. See tg_conv2d_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DSP_MIX_H
#define TG_DSP_MIX_H

#include "tg_dsp_finish.h"

/* One pixel's sums for channels A, B, C, D: lo = A or C, mix = A + 256 * B or C + 256 * D. */
struct tg_mix_sums {
    int32_t lo_ab;
    int32_t mix_ab;
    int32_t lo_cd;
    int32_t mix_cd;
};

/* Starts the sums of a pixel. */
TG_INLINE struct tg_mix_sums tg_mix_start(const int32_t *channels)
{
    struct tg_mix_sums sums;

    sums.lo_ab = channels[0 * TG_DSP_CHANNEL_WORDS + TG_DSP_INIT];
    sums.mix_ab = channels[1 * TG_DSP_CHANNEL_WORDS + TG_DSP_INIT];
    sums.lo_cd = channels[2 * TG_DSP_CHANNEL_WORDS + TG_DSP_INIT];
    sums.mix_cd = channels[3 * TG_DSP_CHANNEL_WORDS + TG_DSP_INIT];
    return sums;
}

/* Two values of one pixel. */
TG_INLINE void tg_mix_step_1(struct tg_mix_sums *p, const int16_t *x, const int32_t *weights)
{
    const uint32_t a = tg_load_pair(x);
    const uint32_t ab = (uint32_t)weights[0];
    const uint32_t cd = (uint32_t)weights[1];

    p->mix_ab = tg_smlad(a, ab, p->mix_ab);
    p->mix_cd = tg_smlad(a, cd, p->mix_cd);
    p->lo_ab = tg_smlad(a, tg_sxtb16(ab), p->lo_ab);
    p->lo_cd = tg_smlad(a, tg_sxtb16(cd), p->lo_cd);
}

/* `pairs` pairs of one pixel. Returns the end of the weights that it read. */
TG_INLINE const int32_t *tg_mix_run_1(struct tg_mix_sums *p, const int16_t *x, const int32_t *weights,
                                      int32_t pairs)
{
    for (; pairs >= 4; pairs -= 4) {
        tg_mix_step_1(p, x, weights);
        tg_mix_step_1(p, x + 2, weights + 2);
        tg_mix_step_1(p, x + 4, weights + 4);
        tg_mix_step_1(p, x + 6, weights + 6);
        x += 8;
        weights += 8;
    }
    for (; pairs > 0; pairs--) {
        tg_mix_step_1(p, x, weights);
        x += 2;
        weights += 2;
    }
    return weights;
}

/* Two values of two pixels that lie `step` values apart: 16 products in 14 instructions. */
TG_INLINE void tg_mix_step_2(struct tg_mix_sums *p, struct tg_mix_sums *q, const int16_t *x,
                             int32_t step, const int32_t *weights)
{
    const uint32_t a = tg_load_pair(x);
    const uint32_t b = tg_load_pair(x + step);
    uint32_t ab = (uint32_t)weights[0];
    uint32_t cd = (uint32_t)weights[1];

    p->mix_ab = tg_smlad(a, ab, p->mix_ab);
    q->mix_ab = tg_smlad(b, ab, q->mix_ab);
    p->mix_cd = tg_smlad(a, cd, p->mix_cd);
    q->mix_cd = tg_smlad(b, cd, q->mix_cd);
    ab = tg_sxtb16(ab);
    cd = tg_sxtb16(cd);
    p->lo_ab = tg_smlad(a, ab, p->lo_ab);
    q->lo_ab = tg_smlad(b, ab, q->lo_ab);
    p->lo_cd = tg_smlad(a, cd, p->lo_cd);
    q->lo_cd = tg_smlad(b, cd, q->lo_cd);
}

/* `pairs` pairs of two pixels. Returns the end of the weights that it read. */
TG_INLINE const int32_t *tg_mix_run_2(struct tg_mix_sums *p, struct tg_mix_sums *q, const int16_t *x,
                                      int32_t step, const int32_t *weights, int32_t pairs)
{
    for (; pairs >= 4; pairs -= 4) {
        tg_mix_step_2(p, q, x, step, weights);
        tg_mix_step_2(p, q, x + 2, step, weights + 2);
        tg_mix_step_2(p, q, x + 4, step, weights + 4);
        tg_mix_step_2(p, q, x + 6, step, weights + 6);
        x += 8;
        weights += 8;
    }
    for (; pairs > 0; pairs--) {
        tg_mix_step_2(p, q, x, step, weights);
        x += 2;
        weights += 2;
    }
    return weights;
}

/* The low channel's accumulator times 2^prescale. */
TG_INLINE int32_t tg_mix_low(int32_t lo, enum tg_dsp_form form)
{
    return tg_wrap_int32((uint32_t)lo << tg_dsp_prescale(form));
}

/* The high channel's: mix - lo is 256 times its accumulator. */
TG_INLINE int32_t tg_mix_high(int32_t mix, int32_t lo, enum tg_dsp_form form)
{
    return tg_wrap_int32((uint32_t)mix - (uint32_t)lo) >> (8 - tg_dsp_prescale(form));
}

/* Stores one channel of one pixel. */
TG_INLINE void tg_mix_store_1(int32_t acc, const int32_t *channel, enum tg_dsp_form form, int8_t *out)
{
    *out = (int8_t)tg_dsp_finish(acc, channel[TG_DSP_MULTIPLIER], channel[TG_DSP_OFFSET],
                                 channel[TG_DSP_SHIFT], form);
}

/* Stores one channel of two pixels: the parameters are loaded once. */
TG_INLINE void tg_mix_store_2(int32_t acc_p, int32_t acc_q, const int32_t *channel,
                              enum tg_dsp_form form, int8_t *out_p, int8_t *out_q)
{
    const int32_t multiplier = channel[TG_DSP_MULTIPLIER];
    const int32_t offset = channel[TG_DSP_OFFSET];
    const int32_t shift = channel[TG_DSP_SHIFT];

    *out_p = (int8_t)tg_dsp_finish(acc_p, multiplier, offset, shift, form);
    *out_q = (int8_t)tg_dsp_finish(acc_q, multiplier, offset, shift, form);
}

TG_INLINE void tg_mix_finish_1(const struct tg_mix_sums *p, const int32_t *channels,
                               enum tg_dsp_form form, int8_t *out)
{
    tg_mix_store_1(tg_mix_low(p->lo_ab, form), channels, form, out);
    tg_mix_store_1(tg_mix_high(p->mix_ab, p->lo_ab, form), channels + TG_DSP_CHANNEL_WORDS, form,
                   out + 1);
    tg_mix_store_1(tg_mix_low(p->lo_cd, form), channels + 2 * TG_DSP_CHANNEL_WORDS, form, out + 2);
    tg_mix_store_1(tg_mix_high(p->mix_cd, p->lo_cd, form), channels + 3 * TG_DSP_CHANNEL_WORDS, form,
                   out + 3);
}

TG_INLINE void tg_mix_finish_2(const struct tg_mix_sums *p, const struct tg_mix_sums *q,
                               const int32_t *channels, enum tg_dsp_form form, int8_t *out_p,
                               int8_t *out_q)
{
    tg_mix_store_2(tg_mix_low(p->lo_ab, form), tg_mix_low(q->lo_ab, form), channels, form, out_p,
                   out_q);
    tg_mix_store_2(tg_mix_high(p->mix_ab, p->lo_ab, form), tg_mix_high(q->mix_ab, q->lo_ab, form),
                   channels + TG_DSP_CHANNEL_WORDS, form, out_p + 1, out_q + 1);
    tg_mix_store_2(tg_mix_low(p->lo_cd, form), tg_mix_low(q->lo_cd, form),
                   channels + 2 * TG_DSP_CHANNEL_WORDS, form, out_p + 2, out_q + 2);
    tg_mix_store_2(tg_mix_high(p->mix_cd, p->lo_cd, form), tg_mix_high(q->mix_cd, q->lo_cd, form),
                   channels + 3 * TG_DSP_CHANNEL_WORDS, form, out_p + 3, out_q + 3);
}

#endif
