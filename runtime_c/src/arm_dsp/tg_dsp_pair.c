/* See tg_dsp_pair.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_dsp_pair.h"

static int32_t is_rule(int32_t form)
{
    return form == TG_DSP_RULE_A6 || form == TG_DSP_RULE_A7;
}

/* The results of one pixel: bytes, or sums that become bytes here. */
TG_NOINLINE static void store(const struct tg_pair_task *task, const struct tg_dsp_scale *scale, int32_t count,
                              const int8_t *sums, int8_t *out)
{
    const int32_t words = tg_dsp_channel_words(task->form);

    for (int32_t i = 0; i < count; i++) {
        if (is_rule(task->form)) {
            int32_t acc;
            memcpy(&acc, sums + i * TG_PAIR_WORD_BYTES, sizeof acc);
            out[i] = tg_dsp_by_rule(acc, task->block + i * words, scale);
        } else {
            out[i] = sums[i];
        }
    }
}

/* The next blocks of a task, pair by pair, with the block's results in `sums` first: rules, and fewer than four
 * channels, of which `count` are stored. */
TG_NOINLINE static void run_apart(const struct tg_pair_task *task, const struct tg_dsp_scale *scale, int32_t count,
                                 int8_t *sums, tg_pair_run *run)
{
    const int32_t pixel_bytes = TG_PAIR_SUMS_BYTES / 2;

    for (int32_t pair = 0; pair < task->pairs; pair++) {
        struct tg_pair_task one = *task;
        int8_t *const out = task->out + pair * task->out_step;

        one.x += pair * task->x_step;
        one.out = sums;
        one.out_b = pixel_bytes;
        one.pairs = 1;
        one.blocks = 1;
        run(&one);
        store(&one, scale, count, sums + pixel_bytes, out + task->out_b);
        store(&one, scale, count, sums, out);
    }
}

TG_KERNEL void tg_pair_run_channels(struct tg_pair_task *task, const struct tg_dsp_scale *scale, int32_t channels,
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
        task->weights += task->blocks * (task->weights_bytes / TG_PAIR_WORD_BYTES);
        task->block += task->blocks * (task->block_bytes / TG_PAIR_WORD_BYTES);
    }
    task->out = out;
}
