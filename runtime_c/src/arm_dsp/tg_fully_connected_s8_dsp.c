/* See tg_fully_connected_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_fully_connected_dsp.h"
#include "tg_dsp_mix.h"
#include "tg_dsp_widen.h"

/* int16 places of a pair of values. */
#define PAIR 2

/* Eight outputs. Returns the end of the weights that it read. Not inlined: the loop needs every register. */
TG_NOINLINE static const int32_t *compute_8(const int16_t *x, int32_t pairs, const int32_t *weights,
                                            const int32_t *channels, int32_t form, int8_t *out)
{
    const int16_t *const end = x + pairs * PAIR;
    const int16_t *const end_of_twos = x + pairs / 2 * 2 * PAIR;
    struct tg_mix_sums p;
    struct tg_mix_sums q;

    tg_mix_start(&p, channels);
    tg_mix_start(&q, channels + TG_MIX_BLOCK_WORDS);
    while (x != end_of_twos) {
        tg_mix_step_1x8(&p, &q, x, weights);
        tg_mix_step_1x8(&p, &q, x + PAIR, weights + 2 * TG_MIX_WORDS);
        x += 2 * PAIR;
        weights += 4 * TG_MIX_WORDS;
    }
    if (x != end) {
        tg_mix_step_1x8(&p, &q, x, weights);
        weights += 2 * TG_MIX_WORDS;
    }
    tg_mix_output(&p, channels, form, out);
    tg_mix_output(&q, channels + TG_MIX_BLOCK_WORDS, form, out + TG_MIX_BLOCK);
    return weights;
}

/* Four outputs. Returns the end of the weights that it read. */
static const int32_t *compute_4(const int16_t *x, int32_t pairs, const int32_t *weights,
                                const int32_t *channels, int32_t form, int8_t *out)
{
    const int16_t *const end = x + pairs * PAIR;
    struct tg_mix_sums p;

    tg_mix_start(&p, channels);
    for (; x != end; x += PAIR) {
        tg_mix_step_1(&p, x, weights);
        weights += TG_MIX_WORDS;
    }
    tg_mix_output(&p, channels, form, out);
    return weights;
}

/* One row, which lies widened at `x`. */
static void compute_row(const struct tg_fully_connected_dsp *layer, const int16_t *x, int8_t *out)
{
    const int32_t pairs = (layer->depth + 1) / 2;
    const int32_t form = layer->output.form;
    const int32_t *weights = layer->weights;
    const int32_t *channels = layer->output.channels;
    int32_t left = layer->channels;
    int8_t last[TG_MIX_BLOCK];

    for (; left >= 2 * TG_MIX_BLOCK; left -= 2 * TG_MIX_BLOCK) {
        weights = compute_8(x, pairs, weights, channels, form, out);
        channels += 2 * TG_MIX_BLOCK_WORDS;
        out += 2 * TG_MIX_BLOCK;
    }
    for (; left >= TG_MIX_BLOCK; left -= TG_MIX_BLOCK) {
        weights = compute_4(x, pairs, weights, channels, form, out);
        channels += TG_MIX_BLOCK_WORDS;
        out += TG_MIX_BLOCK;
    }
    if (left > 0) {
        (void)compute_4(x, pairs, weights, channels, form, last);
        memcpy(out, last, (size_t)left);
    }
}

TG_KERNEL void tg_fully_connected_s8_dsp(const struct tg_fully_connected_dsp *layer, const int8_t *in,
                                         int8_t *out, void *scratch)
{
    for (int32_t row = 0; row < layer->rows; row++) {
        (void)tg_dsp_widen((int16_t *)scratch, PAIR, in + row * layer->depth, layer->depth);
        compute_row(layer, (const int16_t *)scratch, out + row * layer->channels);
    }
    tg_dsp_clamp(&layer->output, out, layer->rows * layer->channels);
}
