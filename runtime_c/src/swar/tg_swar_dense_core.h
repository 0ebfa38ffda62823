/* A row of a fully connected layer in C: what the assembly of the cores computes. See tg_swar_dense.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SWAR_DENSE_CORE_H
#define TG_SWAR_DENSE_CORE_H

#include "tg_fixedpoint.h"
#include "tg_swar_dense.h"
#include "tg_swar_finish.h"

/* sums[0 .. 4) of four outputs, whose words of weights are `step` apart. */
TG_INLINE void tg_swar_multiply_four(const struct tg_swar_dense *dense, const int32_t *weights, int32_t step,
                                     uint32_t *sums)
{
    const int8_t *a = dense->inputs;
    uint32_t total[2] = {0, 0};
    uint32_t high[2] = {0, 0};

    for (int32_t b = 0; b < dense->blocks; b++) {
        uint32_t q = dense->starts[b];
        uint32_t p = 0x101u * q;

        for (int32_t i = 0; i < dense->block; i++) {
            const uint32_t z = (uint32_t)*weights;
            const uint32_t input = (uint32_t)(int32_t)*a++;

            p += z * input;
            q += (z >> 8 & TG_SWAR_EVEN_BYTES) * input;
            weights += step;
        }
        p -= q << 8;
        total[0] += p - 0x8000u;
        total[1] += q - 0x8000u;
        high[0] += (uint32_t)(tg_wrap_int32(p) >> 16);
        high[1] += (uint32_t)(tg_wrap_int32(q) >> 16);
    }
    sums[0] = total[0] - (high[0] << 16);
    sums[1] = high[0];
    sums[2] = total[1] - (high[1] << 16);
    sums[3] = high[1];
}

/* most_words: four outputs each that are computed side by side, as long as there are so many. */
TG_INLINE void tg_swar_run_dense(const struct tg_swar_dense *dense, int32_t most_words)
{
    const int32_t *weights = dense->weights;
    const int32_t *channel = dense->output->channels;
    int32_t words = most_words;

    for (int32_t first = 0; first < dense->channel_count; first += words * TG_SWAR_OUTPUTS) {
        uint32_t sums[TG_SWAR_OUTPUTS * TG_SWAR_MAX_WORDS];
        const int32_t left = dense->channel_count - first;

        words = left <= TG_SWAR_OUTPUTS ? 1 : most_words;
        for (int32_t i = 0; i < words; i++) {
            tg_swar_multiply_four(dense, weights + i, words, sums + TG_SWAR_OUTPUTS * i);
        }
        weights += dense->blocks * dense->block * words;
        for (int32_t i = 0; i < words * TG_SWAR_OUTPUTS && i < left; i++) {
            dense->out[first + i] = tg_swar_finish(dense->output, channel, sums[i]);
            channel += tg_swar_channel_words(dense->output);
        }
    }
}

#endif
