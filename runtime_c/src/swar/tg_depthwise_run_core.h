/* Runs of taps in C: what the assembly computes. See tg_depthwise_run.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_RUN_CORE_H
#define TG_DEPTHWISE_RUN_CORE_H

#include "tg_depthwise_run.h"
#include "tg_swar_finish.h"

TG_INLINE uint32_t tg_depthwise_run_sum(const struct tg_depthwise_run *d, int32_t output)
{
    const int32_t pointers = d->line_step / (int32_t)sizeof *d->lines;
    const int8_t *w = d->weights;
    uint32_t sum = 0;

    for (int32_t y = 0; y < d->rows; y++) {
        for (int32_t i = 0; i < d->run_count; i++) {
            const int8_t *const cell = d->lines[y * pointers] + d->runs[2 * i] + output;

            for (int32_t t = 0; t < d->runs[2 * i + 1]; t++) {
                sum += (uint32_t)(*w++ * cell[t]);
            }
        }
    }
    return sum;
}

TG_INLINE void tg_depthwise_run_all(const struct tg_depthwise_run *d)
{
    for (int32_t i = 0; i < d->count; i++) {
        d->out[i * d->out_step] = tg_swar_finish(d->output, d->channel, tg_depthwise_run_sum(d, i));
    }
}

#endif
