/* See tg_dsp_pair.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_dsp_pair.h"

static int32_t is_rule(int32_t form)
{
    return form == TG_DSP_RULE_A6 || form == TG_DSP_RULE_A7;
}

/* The results of one pixel: bytes, or sums that become bytes here. */
TG_COMPACT static void store(const struct tg_pair_task *task, const struct tg_dsp_scale *scale, int32_t count,
                             const int8_t *sums, int8_t *out)
{
    const int32_t words = tg_dsp_channel_words(TG_DSP_RULE_A6); /* as many as with A7 */

    for (int32_t i = 0; i < count; i++) {
        if (is_rule(task->form)) {
            int32_t acc;

            memcpy(&acc, sums + i * TG_PAIR_WORD_BYTES, sizeof acc);
            out[i] = tg_dsp_by_plain_rule(acc, task->block + i * words, scale);
        } else {
            out[i] = sums[i];
        }
    }
}

/* A block of a task, pair by pair, with the block's results in `sums` first: rules, and fewer than four channels, of
 * which `count` are stored. */
TG_COMPACT static void run_apart(struct tg_pair_task *task, const struct tg_dsp_scale *scale, int32_t count,
                                 int8_t *sums, tg_pair_run *run)
{
    const int32_t pixel_bytes = TG_PAIR_SUMS_BYTES / 2;
    const int32_t pairs = task->pairs;
    const int32_t out_b = task->out_b;
    const int8_t *const x = task->x;
    int8_t *out = task->out;

    task->pairs = 1;
    task->out_b = pixel_bytes;
    for (int32_t left = pairs; left > 0; left--) {
        task->out = sums;
        run(task);
        store(task, scale, count, sums + pixel_bytes, out + out_b);
        store(task, scale, count, sums, out);
        task->x += task->x_step;
        out += task->out_step;
    }
    task->x = x;
    task->out_b = out_b;
    task->pairs = pairs;
}

static const int32_t *words_on(const int32_t *words, int32_t bytes)
{
    return (const int32_t *)(const void *)((const int8_t *)words + bytes);
}

TG_KERNEL TG_COMPACT void tg_pair_run_channels(struct tg_pair_task *task, const struct tg_dsp_scale *scale, int32_t channels,
                                    int8_t *sums, tg_pair_run *run)
{
    const int32_t form = scale->form;
    const int32_t width = channels < TG_DSP_BLOCK ? channels : TG_DSP_BLOCK; /* of a block */
    const int32_t apart = width < TG_DSP_BLOCK || is_rule(form);
    int8_t *const out = task->out;

    task->form = form;
    task->block_bytes = tg_dsp_block_words(form) * TG_PAIR_WORD_BYTES;
    for (int32_t done = 0; done < channels; done += task->blocks * width) {
        const int32_t whole = (channels - done) / width;

        task->out = out + (whole > 0 ? done : channels - width);
        task->blocks = apart || whole == 0 ? 1 : whole;
        if (apart) {
            run_apart(task, scale, width, sums, run);
        } else {
            run(task);
        }
        task->weights = words_on(task->weights, task->blocks * task->weights_bytes);
        task->block = words_on(task->block, task->blocks * task->block_bytes);
    }
    task->out = out;
}
