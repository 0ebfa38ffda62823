/* Dot products over mixed weights, for blocks of 4 output channels. See tg_dsp.h.
 *
 * Patches: the inputs of a pixel as int16. Two pixels share a buffer, pair by pair: two values of the first, two of
 * the second. A single pixel uses the places of the first.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DSP_MIX_H
#define TG_DSP_MIX_H

#include "tg_dsp_finish.h"

/* int16 places of a pair of values of two pixels. */
#define TG_MIX_PAIR 4

/* Words of weights of a pair of values, and of the parameters of a block. */
#define TG_MIX_WORDS 2
#define TG_MIX_BLOCK 4
#define TG_MIX_BLOCK_WORDS (TG_MIX_BLOCK * TG_DSP_CHANNEL_WORDS)

/* One pixel's sums for channels A, B, C, D: lo = A or C, mix = A + 256 * B or C + 256 * D. */
struct tg_mix_sums {
    int32_t lo_ab;
    int32_t mix_ab;
    int32_t lo_cd;
    int32_t mix_cd;
};

/* Field by field here and below: a copied struct would live in memory at -Os. */
TG_INLINE void tg_mix_start(struct tg_mix_sums *p, const int32_t *channels)
{
    p->lo_ab = channels[0 * TG_DSP_CHANNEL_WORDS + TG_DSP_INIT];
    p->mix_ab = channels[1 * TG_DSP_CHANNEL_WORDS + TG_DSP_INIT];
    p->lo_cd = channels[2 * TG_DSP_CHANNEL_WORDS + TG_DSP_INIT];
    p->mix_cd = channels[3 * TG_DSP_CHANNEL_WORDS + TG_DSP_INIT];
}

/* Two values of one pixel: 8 products in 9 instructions. */
TG_INLINE void tg_mix_step_1(struct tg_mix_sums *p, const int16_t *x, const int32_t *weights)
{
    const uint32_t a = tg_load_pair(x);
    const uint32_t ab = (uint32_t)weights[0];
    const uint32_t cd = (uint32_t)weights[1];

    p->mix_ab = tg_smlad(a, ab, p->mix_ab);
    p->lo_ab = tg_smlad(a, tg_sxtb16(ab), p->lo_ab);
    p->mix_cd = tg_smlad(a, cd, p->mix_cd);
    p->lo_cd = tg_smlad(a, tg_sxtb16(cd), p->lo_cd);
}

/* Two values of two pixels: 16 products in 14 instructions. */
TG_INLINE void tg_mix_step_2(struct tg_mix_sums *p, struct tg_mix_sums *q, const int16_t *x,
                             const int32_t *weights)
{
    const uint32_t a = tg_load_pair(x);
    const uint32_t b = tg_load_pair(x + 2);
    uint32_t ab = (uint32_t)weights[0];
    uint32_t cd = (uint32_t)weights[1];

    p->mix_ab = tg_smlad(a, ab, p->mix_ab);
    q->mix_ab = tg_smlad(b, ab, q->mix_ab);
    ab = tg_sxtb16(ab);
    p->lo_ab = tg_smlad(a, ab, p->lo_ab);
    q->lo_ab = tg_smlad(b, ab, q->lo_ab);
    p->mix_cd = tg_smlad(a, cd, p->mix_cd);
    q->mix_cd = tg_smlad(b, cd, q->mix_cd);
    cd = tg_sxtb16(cd);
    p->lo_cd = tg_smlad(a, cd, p->lo_cd);
    q->lo_cd = tg_smlad(b, cd, q->lo_cd);
    tg_keep_loads_here();
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

TG_INLINE void tg_mix_finish_1(const struct tg_mix_sums *p, const int32_t *channels,
                               enum tg_dsp_form form, int8_t *out)
{
    const int32_t a = tg_mix_low(p->lo_ab, form);
    const int32_t b = tg_mix_high(p->mix_ab, p->lo_ab, form);
    const int32_t c = tg_mix_low(p->lo_cd, form);
    const int32_t d = tg_mix_high(p->mix_cd, p->lo_cd, form);

    tg_dsp_store_1(a, channels, form, out);
    tg_dsp_store_1(b, channels + 1 * TG_DSP_CHANNEL_WORDS, form, out + 1);
    tg_dsp_store_1(c, channels + 2 * TG_DSP_CHANNEL_WORDS, form, out + 2);
    tg_dsp_store_1(d, channels + 3 * TG_DSP_CHANNEL_WORDS, form, out + 3);
}

TG_INLINE void tg_mix_finish_2(const struct tg_mix_sums *p, const struct tg_mix_sums *q,
                               const int32_t *channels, enum tg_dsp_form form, int8_t *out_p,
                               int8_t *out_q)
{
    const int32_t b_p = tg_mix_high(p->mix_ab, p->lo_ab, form);
    const int32_t b_q = tg_mix_high(q->mix_ab, q->lo_ab, form);
    const int32_t d_p = tg_mix_high(p->mix_cd, p->lo_cd, form);
    const int32_t d_q = tg_mix_high(q->mix_cd, q->lo_cd, form);

    tg_dsp_store_2(tg_mix_low(p->lo_ab, form), tg_mix_low(q->lo_ab, form), channels, form, out_p, out_q);
    tg_dsp_store_2(b_p, b_q, channels + 1 * TG_DSP_CHANNEL_WORDS, form, out_p + 1, out_q + 1);
    tg_dsp_store_2(tg_mix_low(p->lo_cd, form), tg_mix_low(q->lo_cd, form),
                   channels + 2 * TG_DSP_CHANNEL_WORDS, form, out_p + 2, out_q + 2);
    tg_dsp_store_2(d_p, d_q, channels + 3 * TG_DSP_CHANNEL_WORDS, form, out_p + 3, out_q + 3);
}

/* The textbook form of four channels: rare, so small rather than fast. */
static inline void tg_mix_textbook(int32_t lo_ab, int32_t mix_ab, int32_t lo_cd, int32_t mix_cd,
                                   const int32_t *channels, int8_t *out)
{
    int32_t acc[TG_MIX_BLOCK];

    acc[0] = lo_ab;
    acc[1] = tg_mix_high(mix_ab, lo_ab, TG_DSP_TEXTBOOK);
    acc[2] = lo_cd;
    acc[3] = tg_mix_high(mix_cd, lo_cd, TG_DSP_TEXTBOOK);
    for (int32_t i = 0; i < TG_MIX_BLOCK; i++) {
        tg_dsp_store_1(acc[i], channels + i * TG_DSP_CHANNEL_WORDS, TG_DSP_TEXTBOOK, out + i);
    }
}

/* Four channels of a pixel in whichever form the layer has. */
TG_INLINE void tg_mix_output(const struct tg_mix_sums *p, const int32_t *channels, int32_t form, int8_t *out)
{
    if (form == TG_DSP_SINGLE) {
        tg_mix_finish_1(p, channels, TG_DSP_SINGLE, out);
    } else if (form == TG_DSP_DOUBLE) {
        tg_mix_finish_1(p, channels, TG_DSP_DOUBLE, out);
    } else {
        tg_mix_textbook(p->lo_ab, p->mix_ab, p->lo_cd, p->mix_cd, channels, out);
    }
}

#endif
