/* A pass over pairs of pixels in C, for any number of pairs: what the assembly of the cores computes. See tg_swar.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SWAR_PASS_CORE_H
#define TG_SWAR_PASS_CORE_H

#include "tg_fixedpoint.h"
#include "tg_swar.h"
#include "tg_swar_finish.h"

#define TG_SWAR_SUMS (TG_SWAR_CHANNELS * TG_SWAR_MAX_PAIRS)

/* Sums of a three of channels: [channel][pair]. */
struct tg_swar_sums {
    uint32_t total[TG_SWAR_SUMS];
    int32_t high[TG_SWAR_SUMS];
};

TG_INLINE void tg_swar_block(struct tg_swar_sums *sums, const uint32_t *x, const int8_t *w, int32_t block,
                             int32_t pairs)
{
    uint32_t sum[TG_SWAR_SUMS] = {0};

    for (int32_t i = 0; i < block; i++) {
        for (int32_t c = 0; c < TG_SWAR_CHANNELS; c++) {
            for (int32_t p = 0; p < pairs; p++) {
                sum[c * pairs + p] += (uint32_t)(int32_t)w[c] * x[p];
            }
        }
        x += pairs;
        w += TG_SWAR_CHANNELS;
    }
    for (int32_t i = 0; i < TG_SWAR_CHANNELS * pairs; i++) {
        sums->total[i] += sum[i];
        sums->high[i] += tg_wrap_int32(sum[i] + 0x8000u) >> 16;
    }
}

TG_INLINE void tg_swar_run_pass(const struct tg_swar_pass *pass, int32_t pairs)
{
    const int8_t *w = pass->weights;
    const int32_t *channel = pass->output->channels;

    for (int32_t first = 0; first < pass->channel_count; first += TG_SWAR_CHANNELS) {
        const uint32_t *x = pass->words;
        struct tg_swar_sums sums = {{0}, {0}};

        for (int32_t b = 0; b < pass->blocks; b++) {
            tg_swar_block(&sums, x, w, pass->block, pairs);
            x += pass->block * pairs;
            w += pass->block * TG_SWAR_CHANNELS;
        }
        for (int32_t c = 0; c < TG_SWAR_CHANNELS && first + c < pass->channel_count; c++) {
            for (int32_t p = 0; p < pairs; p++) {
                const uint32_t high = (uint32_t)sums.high[c * pairs + p];
                const uint32_t low = sums.total[c * pairs + p] - (high << 16);

                pass->out[2 * p][first + c] = tg_swar_finish(pass->output, channel, low);
                pass->out[2 * p + 1][first + c] = tg_swar_finish(pass->output, channel, high);
            }
            channel += tg_swar_channel_words(pass->output);
        }
    }
}

#endif
