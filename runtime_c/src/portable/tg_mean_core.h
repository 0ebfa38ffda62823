/* The portable mean, compiled once per arithmetic. See tg_mean.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MEAN_CORE_H
#define TG_MEAN_CORE_H

#include "tg_fixedpoint.h"
#include "tg_mean.h"

TG_INLINE int8_t tg_mean_finish(const struct tg_mean *layer, int32_t sum, enum tg_arithmetic arithmetic)
{
    const int32_t y = tg_requantize(sum, layer->multiplier, layer->shift, arithmetic);

    return (int8_t)tg_clamp(y + layer->out_zero_point, -128, 127);
}

/* One result. */
TG_INLINE void tg_mean_one(const struct tg_mean *layer, const int8_t *in, int8_t *out, enum tg_arithmetic arithmetic)
{
    const int32_t first_step = layer->middle * layer->second * layer->inner;
    int32_t sum = layer->bias;

    for (int32_t r = 0; r < layer->first; r++) {
        const int8_t *x = in + r * first_step;

        for (int32_t count = layer->second; count > 0; count--) {
            sum += *x;
            x += layer->inner;
        }
    }
    *out = tg_mean_finish(layer, sum, arithmetic);
}

/* Four neighbouring results: their values lie side by side. */
TG_INLINE void tg_mean_four(const struct tg_mean *layer, const int8_t *in, int8_t *out, enum tg_arithmetic arithmetic)
{
    const int32_t step = layer->inner;
    const int32_t first_step = layer->middle * layer->second * step;
    int32_t sum0 = layer->bias;
    int32_t sum1 = sum0;
    int32_t sum2 = sum0;
    int32_t sum3 = sum0;

    for (int32_t r = 0; r < layer->first; r++) {
        const int8_t *x = in + r * first_step;

        for (int32_t count = layer->second; count > 0; count--) {
            sum0 += x[0];
            sum1 += x[1];
            sum2 += x[2];
            sum3 += x[3];
            x += step;
        }
    }
    out[0] = tg_mean_finish(layer, sum0, arithmetic);
    out[1] = tg_mean_finish(layer, sum1, arithmetic);
    out[2] = tg_mean_finish(layer, sum2, arithmetic);
    out[3] = tg_mean_finish(layer, sum3, arithmetic);
}

TG_INLINE void tg_mean_whole(const struct tg_mean *layer, const int8_t *in, int8_t *out,
                             enum tg_arithmetic arithmetic)
{
    const int32_t middle_step = layer->second * layer->inner;
    const int32_t outer_step = layer->first * layer->middle * middle_step;

    for (int32_t o = 0; o < layer->outer; o++) {
        for (int32_t m = 0; m < layer->middle; m++) {
            const int8_t *x = in + m * middle_step;
            int32_t left = layer->inner;

            for (; left >= 4; left -= 4) {
                tg_mean_four(layer, x, out, arithmetic);
                x += 4;
                out += 4;
            }
            for (; left > 0; left--) {
                tg_mean_one(layer, x++, out++, arithmetic);
            }
        }
        in += outer_step;
    }
}

#endif
