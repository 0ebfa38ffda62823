/* The loops of pointwise kernels in C: what their assembly does.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DSP_POINTWISE_IN_C_H
#define TG_DSP_POINTWISE_IN_C_H

#include "tg_dsp_pointwise.h"

/* One pixel's sums of a block: lo = A or C, mix = A + 256 * B or C + 256 * D. */
struct sums {
    int32_t lo_ab;
    int32_t mix_ab;
    int32_t lo_cd;
    int32_t mix_cd;
};

TG_INLINE struct sums sums_from(const int32_t *starts)
{
    const struct sums s = {starts[0], starts[1], starts[2], starts[3]};

    return s;
}

TG_INLINE void add_products(struct sums *s, uint32_t x, uint32_t ab, uint32_t cd)
{
    s->mix_ab = tg_smlad(x, ab, s->mix_ab);
    s->mix_cd = tg_smlad(x, cd, s->mix_cd);
    s->lo_ab = tg_smlad(x, tg_sxtb16(ab), s->lo_ab);
    s->lo_cd = tg_smlad(x, tg_sxtb16(cd), s->lo_cd);
}

/* Stores a block's outputs of one pixel; returns where the next go. */
static int8_t *finish(const struct sums *s, const int32_t *block, int32_t form, int8_t *out)
{
    const int32_t words = tg_dsp_channel_words(form);
    int32_t acc[TG_DSP_BLOCK];

    acc[0] = s->lo_ab;
    acc[1] = tg_dsp_high(s->mix_ab, s->lo_ab);
    acc[2] = s->lo_cd;
    acc[3] = tg_dsp_high(s->mix_cd, s->lo_cd);
    if (form != TG_DSP_ONE_PRODUCT && form != TG_DSP_TWO_ROUNDINGS) {
        memcpy(out, acc, sizeof acc);
        return out + sizeof acc;
    }
    for (int32_t i = 0; i < TG_DSP_BLOCK; i++) {
        out[i] = tg_dsp_scaled(acc[i], block + i * words, form);
    }
    return out + TG_DSP_BLOCK;
}

static void run_pair(const struct tg_pointwise_task *task, const int32_t *block, int8_t *pair)
{
    const int32_t *const words = block + task->steps * TG_POINTWISE_STEP_WORDS;
    const int32_t *const starts = tg_dsp_block_starts(words, task->form);
    struct sums a = sums_from(starts);
    struct sums b = sums_from(starts);
    struct tg_pointwise_outputs to;

    for (const int32_t *weights = block; weights != words; weights += TG_POINTWISE_STEP_WORDS) {
        uint32_t x[TG_POINTWISE_STEP_WORDS];
        memcpy(x, pair, sizeof x);
        add_products(&a, x[0], (uint32_t)weights[0], (uint32_t)weights[1]);
        add_products(&b, x[1], (uint32_t)weights[0], (uint32_t)weights[1]);
        pair += sizeof x;
    }
    memcpy(&to, pair, sizeof to);
    to.a = finish(&a, words, task->form, to.a);
    to.b = finish(&b, words, task->form, to.b);
    memcpy(pair, &to, sizeof to);
}

static void run_in_c(const struct tg_pointwise_task *task)
{
    const int32_t pair_words = task->steps * TG_POINTWISE_STEP_WORDS;
    const int32_t pair_bytes = pair_words * TG_POINTWISE_WORD_BYTES + (int32_t)sizeof(struct tg_pointwise_outputs);
    const int32_t *block = task->block;

    for (int32_t left = task->blocks; left > 0; left--) {
        for (int8_t *pair = task->pairs; pair <= task->last; pair += pair_bytes) {
            run_pair(task, block, pair);
        }
        block += task->block_bytes / TG_POINTWISE_WORD_BYTES;
    }
}

#endif
