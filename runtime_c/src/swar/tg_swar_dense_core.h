/* A row of a fully connected layer in C: what the assembly of the cores computes. See tg_swar_dense.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SWAR_DENSE_CORE_H
#define TG_SWAR_DENSE_CORE_H

#include "tg_fixedpoint.h"
#include "tg_swar_dense.h"
#include "tg_swar_finish.h"

/* sums[0 .. 4) of the outputs 0 to 3. */
TG_INLINE void tg_swar_multiply_four(const struct tg_swar_dense *dense, const int32_t *weights, uint32_t *sums)
{
    const int8_t *a = dense->inputs;
    uint32_t total[2] = {0, 0};
    uint32_t high[2] = {0, 0};

    for (int32_t b = 0; b < dense->blocks; b++) {
        uint32_t q = dense->starts[b];
        uint32_t p = 0x101u * q;

        for (int32_t i = 0; i < dense->block; i++) {
            const uint32_t z = (uint32_t)*weights++;
            const uint32_t input = (uint32_t)(int32_t)*a++;

            p += z * input;
            q += (z >> 8 & TG_SWAR_EVEN_BYTES) * input;
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

TG_INLINE void tg_swar_run_dense(const struct tg_swar_dense *dense)
{
    const int32_t *weights = dense->weights;
    const int32_t *channel = dense->output->channels;

    for (int32_t first = 0; first < dense->channel_count; first += TG_SWAR_OUTPUTS) {
        uint32_t sums[TG_SWAR_OUTPUTS];

        tg_swar_multiply_four(dense, weights, sums);
        weights += dense->blocks * dense->block;
        for (int32_t i = 0; i < TG_SWAR_OUTPUTS && first + i < dense->channel_count; i++) {
            dense->out[first + i] = tg_swar_finish(dense->output, channel, sums[i]);
            channel += tg_swar_channel_words(dense->output);
        }
    }
}

#endif
