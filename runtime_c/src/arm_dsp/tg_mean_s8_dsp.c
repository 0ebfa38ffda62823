/* See tg_mean_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_mean_dsp.h"
#include "tg_cell_sums.h"
#include "tg_fixedpoint.h"
#include "tg_simd.h"

#define FOUR 4

struct factors {
    int32_t multiplier;
    int32_t offset;
    int32_t sign;
    int32_t prescale;
};

TG_INLINE int8_t finished(const struct factors *by, int32_t sum)
{
    const int32_t t = tg_wrap_int32((uint32_t)sum << by->prescale);

    return (int8_t)tg_ssat8(tg_smmla(t, by->multiplier, by->offset + (by->sign & (t >> 31))) >> 16);
}

/* Four neighbouring results. */
static void four_results(const struct tg_mean_dsp *layer, const int8_t *x, int8_t *out)
{
    const int32_t first_step = layer->middle * layer->second * layer->inner;
    const struct factors by = {layer->multiplier, layer->offset, layer->sign, layer->prescale};
    int32_t sums[FOUR];

    sums[0] = sums[1] = sums[2] = sums[3] = layer->bias;
    for (int32_t left = layer->first; left > 0; left--) {
        tg_cell_sums_dsp(sums, x, layer->second, layer->inner);
        x += first_step;
    }
    out[0] = finished(&by, sums[0]);
    out[1] = finished(&by, sums[1]);
    out[2] = finished(&by, sums[2]);
    out[3] = finished(&by, sums[3]);
}

TG_KERNEL void tg_mean_s8_dsp(const struct tg_mean_dsp *layer, const int8_t *in, int8_t *out)
{
    const int32_t inner = layer->inner;
    const int32_t middle_step = layer->second * inner;

    for (int32_t o = 0; o < layer->outer; o++) {
        for (int32_t m = 0; m < layer->middle; m++) {
            for (int32_t c = 0; c < inner; c += FOUR) {
                const int32_t channel = c + FOUR <= inner ? c : inner - FOUR;

                four_results(layer, in + m * middle_step + channel, out + channel);
            }
            out += inner;
        }
        in += layer->first * layer->middle * middle_step;
    }
}
