/* See tg_conv2d_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_windows.h"

/* Sums of a pixel and a block. */
struct sums {
    int32_t acc[TG_DSP_BLOCK];
};

/* With a form that the compiler knows. */
TG_INLINE void finish_as(int32_t form, const struct sums *sums, const int32_t *block, int8_t *out)
{
    const int32_t words = tg_dsp_channel_words(form);

    out[0] = tg_dsp_scaled(sums->acc[0], block, form);
    out[1] = tg_dsp_scaled(sums->acc[1], block + words, form);
    out[2] = tg_dsp_scaled(sums->acc[2], block + 2 * words, form);
    out[3] = tg_dsp_scaled(sums->acc[3], block + 3 * words, form);
}

static void finish(const struct sums *sums, int32_t form, const int32_t *block, int8_t *out)
{
    if (form == TG_DSP_ONE_PRODUCT) {
        finish_as(TG_DSP_ONE_PRODUCT, sums, block, out);
    } else if (form == TG_DSP_TWO_ROUNDINGS) {
        finish_as(TG_DSP_TWO_ROUNDINGS, sums, block, out);
    } else {
        memcpy(out, sums, sizeof *sums);
    }
}

TG_INLINE uint32_t word_at(const int8_t *x)
{
    uint32_t word;

    memcpy(&word, x, sizeof word);
    return word;
}

/* Adds up both pixels of a pair. Not inlined: the loop needs every register. */
TG_NOINLINE static void add_up(const int8_t *x, const int32_t *weights, const int32_t *end, struct sums *a,
                               struct sums *b)
{
    int32_t a0 = a->acc[0];
    int32_t a1 = a->acc[1];
    int32_t a2 = a->acc[2];
    int32_t a3 = a->acc[3];
    int32_t b0 = a0;
    int32_t b1 = a1;
    int32_t b2 = a2;
    int32_t b3 = a3;

    do {
        const uint32_t xa = word_at(x);
        const uint32_t xb = word_at(x + TG_PAIR_WORD_BYTES);

        a0 = tg_smlad(xa, (uint32_t)weights[0], a0);
        b0 = tg_smlad(xb, (uint32_t)weights[0], b0);
        a1 = tg_smlad(xa, (uint32_t)weights[1], a1);
        b1 = tg_smlad(xb, (uint32_t)weights[1], b1);
        tg_keep_order();
        a2 = tg_smlad(xa, (uint32_t)weights[2], a2);
        b2 = tg_smlad(xb, (uint32_t)weights[2], b2);
        a3 = tg_smlad(xa, (uint32_t)weights[3], a3);
        b3 = tg_smlad(xb, (uint32_t)weights[3], b3);
        x += 2 * TG_PAIR_WORD_BYTES;
        weights += TG_DSP_BLOCK;
    } while (weights != end);
    a->acc[0] = a0;
    a->acc[1] = a1;
    a->acc[2] = a2;
    a->acc[3] = a3;
    b->acc[0] = b0;
    b->acc[1] = b1;
    b->acc[2] = b2;
    b->acc[3] = b3;
}

static void run(struct tg_pair_task *task)
{
    const int32_t *const starts = tg_dsp_block_starts(task->block, task->form);
    const int32_t weight_words = task->weights_bytes / TG_PAIR_WORD_BYTES;
    const int32_t block_words = task->block_bytes / TG_PAIR_WORD_BYTES;

    for (int32_t i = 0; i < task->blocks; i++) {
        const int32_t *const weights = task->weights + i * weight_words;
        const int32_t *const block = task->block + i * block_words;
        int8_t *out = task->out + i * TG_DSP_BLOCK;

        for (int32_t pair = 0; pair < task->pairs; pair++) {
            struct sums a;
            struct sums b;

            memcpy(&a, starts + i * block_words, sizeof a);
            add_up(task->x + pair * task->x_step, weights, weights + weight_words, &a, &b);
            finish(&b, task->form, block, out + task->out_b);
            finish(&a, task->form, block, out);
            out += task->out_step;
        }
    }
}

static const struct tg_conv2d_method unmixed = {run, TG_DSP_BLOCK *TG_PAIR_WORD_BYTES};

TG_KERNEL void tg_conv2d_unmixed_s8_dsp(const struct tg_conv2d_dsp *layer, const int8_t *in, int8_t *out, void *scratch)
{
    tg_conv2d_windows(layer, in, out, scratch, &unmixed);
}

TG_KERNEL void tg_conv2d_unmixed_s8_dsp_rows(const struct tg_conv2d_dsp *layer, const int8_t *const *rows,
                                             int8_t *const *out, int32_t row_count, void *scratch)
{
    tg_conv2d_windows_rows(layer, rows, out, row_count, scratch, &unmixed);
}
