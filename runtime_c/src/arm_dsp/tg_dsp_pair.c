/* See tg_dsp_pair.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_dsp_pair.h"

static int32_t is_rule(int32_t form)
{
    return form >= TG_DSP_RULE_A6; /* the last two */
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

/* The task with the last block of channels by itself, or with every block by itself. */
TG_NOINLINE static void run_blocks(struct tg_pair_task *task, const struct tg_dsp_scale *scale, int32_t channels,
                                   int8_t *sums, tg_pair_run *run)
{
    const int32_t width = channels < TG_DSP_BLOCK ? channels : TG_DSP_BLOCK; /* of a block */
    const int32_t last = channels - width;
    const int32_t *const weights = task->weights;
    const int32_t *const block = task->block;
    int8_t *const out = task->out;

    if (width == TG_DSP_BLOCK && !is_rule(task->form)) {
        task->blocks = (int32_t)((uint32_t)channels / TG_DSP_BLOCK);
        run(task);
        tg_pair_skip_blocks(task, task->blocks);
        task->blocks = 1;
        task->out = out + last;
        run(task);
    } else {
        task->blocks = 1;
        for (int32_t done = 0; done < channels; done += width) {
            task->out = out + (done < last ? done : last);
            run_apart(task, scale, width, sums, run);
            tg_pair_skip_blocks(task, 1);
        }
    }
    task->weights = weights;
    task->block = block;
}

TG_KERNEL TG_COMPACT void tg_pair_run_channels(struct tg_pair_task *task, const struct tg_dsp_scale *scale, int32_t channels,
                                    int8_t *sums, tg_pair_run *run)
{
    task->form = scale->form;
    task->block_bytes = tg_dsp_block_words(scale->form) * TG_PAIR_WORD_BYTES;
    if (channels % TG_DSP_BLOCK != 0 || is_rule(scale->form)) {
        run_blocks(task, scale, channels, sums, run);
    } else {
        task->blocks = (int32_t)((uint32_t)channels / TG_DSP_BLOCK);
        run(task); /* the last call, so that nothing of this function is on the stack in the hot loop */
    }
}
