/* The portable mean, compiled once per arithmetic. See tg_mean.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MEAN_CORE_H
#define TG_MEAN_CORE_H

#include "tg_fixedpoint.h"
#include "tg_mean.h"

/* acc plus `count` values `step` bytes apart. */
TG_INLINE int32_t tg_mean_sum(const int8_t *in, int32_t count, int32_t step, int32_t acc)
{
    for (; count > 0; count--) {
        acc += *in;
        in += step;
    }
    return acc;
}

TG_INLINE int8_t tg_mean_one(const struct tg_mean *layer, const int8_t *in, enum tg_arithmetic arithmetic)
{
    const int32_t first_step = layer->middle * layer->second * layer->inner;
    int32_t acc = layer->bias;

    for (int32_t r = 0; r < layer->first; r++) {
        acc = tg_mean_sum(in, layer->second, layer->inner, acc);
        in += first_step;
    }
    acc = tg_requantize(acc, layer->multiplier, layer->shift, arithmetic);
    return (int8_t)tg_clamp(acc + layer->out_zero_point, -128, 127);
}

TG_INLINE void tg_mean_whole(const struct tg_mean *layer, const int8_t *in, int8_t *out,
                             enum tg_arithmetic arithmetic)
{
    const int32_t middle_step = layer->second * layer->inner;
    const int32_t outer_step = layer->first * layer->middle * middle_step;

    for (int32_t o = 0; o < layer->outer; o++) {
        for (int32_t m = 0; m < layer->middle; m++) {
            for (int32_t i = 0; i < layer->inner; i++) {
                *out++ = tg_mean_one(layer, in + m * middle_step + i, arithmetic);
            }
        }
        in += outer_step;
    }
}

#endif
