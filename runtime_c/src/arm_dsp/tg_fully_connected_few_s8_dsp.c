/* See tg_fully_connected_few_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_fully_connected_few_dsp.h"
#include "tg_dsp_scale_finish.h"
#include "tg_quad_products.h"

/* Outputs that run together, an even number: their sums are on the stack, two words for each. */
#define MOST_OUTPUTS 8

TG_INLINE int32_t add_four(uint32_t x, uint32_t w, int32_t sum)
{
    return tg_smlad(tg_sxtb16_ror8(x), tg_sxtb16_ror8(w), tg_smlad(tg_sxtb16(x), tg_sxtb16(w), sum));
}

/* `count` products, of an output by itself or of what fours leave over. */
static TG_NOINLINE int32_t add_products(const int8_t *x, const int8_t *w, int32_t count, int32_t sum)
{
    for (; count >= 8; count -= 8) {
        const uint32_t x0 = tg_load_quad(x);
        const uint32_t x1 = tg_load_quad(x + 4);
        const uint32_t w0 = tg_load_quad(w);
        const uint32_t w1 = tg_load_quad(w + 4);

        tg_keep_loads_here(); /* loads in a row take a cycle each */
        sum = add_four(x1, w1, add_four(x0, w0, sum));
        x += 8;
        w += 8;
    }
    for (; count > 0; count--) {
        sum += *x++ * *w++;
    }
    return sum;
}

/* Sums of products of the fours, for `count` outputs, an even number. Output i has sums[2 * i]. The weights of a pair
 * are the windows that tg_quad_products knows, and the row is its weights. */
static TG_NOINLINE void run_fours(const struct tg_fully_connected_few_dsp *layer, const int8_t *x, const int8_t *weights,
                      int32_t count, int32_t *sums)
{
    struct tg_quad_task task;

    task.runs = &weights;
    task.at = 0;
    task.weights = x;
    task.second = layer->depth;
    task.runs_end = &weights + 1;
    task.run_quads = layer->depth / 4;
    task.bias[0] = 0;
    task.bias[1] = 0;
    task.sums = sums;
    task.pairs = count / 2;
    task.step = 2 * layer->depth;
    tg_quad_products_one_dsp(&task);
}

/* Rare, and large. */
static TG_NOINLINE int8_t by_rule(const struct tg_fully_connected_few_dsp *layer, int32_t acc, const int32_t *words)
{
    const struct tg_dsp_scale scale = {NULL, layer->form, layer->out_zero_point, 0, 0};

    return tg_dsp_by_plain_rule(acc, words, &scale);
}

TG_INLINE int8_t finished(const struct tg_fully_connected_few_dsp *layer, int32_t form, int32_t acc,
                          const int32_t *words)
{
    if (form == TG_DSP_ONE_PRODUCT) {
        return tg_dsp_scaled(acc, words, TG_DSP_ONE_PRODUCT);
    }
    return form == TG_DSP_TWO_ROUNDINGS ? tg_dsp_scaled(acc, words, TG_DSP_TWO_ROUNDINGS) : by_rule(layer, acc, words);
}

static void one_row(const struct tg_fully_connected_few_dsp *layer, const int8_t *x, int8_t *out)
{
    const int32_t form = layer->form;
    const int32_t depth = layer->depth;
    const int32_t *words = layer->words;
    const int32_t *bias = layer->bias;
    const int8_t *w = layer->weights;
    int32_t count;

    for (int32_t left = layer->channels; left > 0; left -= count) {
        int32_t sums[2 * MOST_OUTPUTS];
        int32_t done = 0; /* values of the row */

        count = left > MOST_OUTPUTS ? MOST_OUTPUTS : left > 1 ? left & ~1 : 1;
        sums[0] = 0;
        if (count > 1) {
            run_fours(layer, x, w, count, sums);
            done = depth & ~3;
        }
        for (int32_t i = 0; i < count; i++) {
            int32_t sum = tg_wrap_int32((uint32_t)sums[2 * i] + (uint32_t)*bias++);

            if (done != depth) {
                sum = add_products(x + done, w + done, depth - done, sum);
            }
            *out++ = finished(layer, form, sum, words);
            w += depth;
            words += tg_dsp_channel_words(form);
        }
    }
}

TG_KERNEL void tg_fully_connected_few_s8_dsp(const struct tg_fully_connected_few_dsp *layer, const int8_t *in,
                                             int8_t *out)
{
    const struct tg_dsp_scale scale = {NULL, layer->form, layer->out_zero_point, layer->out_min, layer->out_max};

    for (int32_t row = 0; row < layer->rows; row++) {
        one_row(layer, in + row * layer->depth, out + row * layer->channels);
    }
    tg_dsp_scale_clamp(&scale, out, layer->rows * layer->channels);
}
