/* Linear functions of a row of int16: four products a step for five outputs at once. See tg_linear_scores.h.
 *
 * A step for five outputs loads the features once for 20 products. The high half of a feature that is left over meets a
 * weight of 0.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_linear_scores.h"

#include "tg_linear_five.h"
#include "tg_simd.h"

#if TG_ASSEMBLY

#define ARGUMENT __attribute__((unused))

/* Five outputs; returns the weights behind theirs. */
TG_NAKED static const uint32_t *five_outputs(const uint32_t *w ARGUMENT, const int16_t *in ARGUMENT,
                                             int32_t depth ARGUMENT, const int32_t *bias ARGUMENT,
                                             int32_t *out ARGUMENT)
{
    TG_LINEAR_FIVE("ldr r12, [r1], #4\n"
                   "ldr lr, [r1], #4\n",
                   "ldrsh r12, [r1], #2\n");
}

#else

/* Five outputs; returns the weights behind theirs. */
static const uint32_t *five_outputs(const uint32_t *w, const int16_t *in, int32_t depth, const int32_t *bias, int32_t *out)
{
    const int16_t *const end = in + (depth & ~3);

    for (int32_t c = 0; c < 5; c++) {
        out[c] = bias[c];
    }
    for (; in != end; in += 4, w += 10) {
        const uint32_t x = tg_load_pair(in);
        const uint32_t y = tg_load_pair(in + 2);

        for (int32_t c = 0; c < 5; c++) {
            out[c] = tg_smlad(y, w[5 + c], tg_smlad(x, w[c], out[c]));
        }
    }
    for (int32_t k = depth & 3; k > 0; k--, in++, w += 5) {
        for (int32_t c = 0; c < 5; c++) {
            out[c] = tg_smlad((uint32_t)*in, w[c], out[c]);
        }
    }
    return w;
}

#endif

/* One output; returns the weights behind its. */
static const uint32_t *one_output(const uint32_t *w, const int16_t *in, int32_t depth, const int32_t *bias, int32_t *out)
{
    const int16_t *const end = in + (depth & ~3);
    int32_t sum = *bias;

    for (; in != end; in += 4, w += 2) {
        const uint32_t x = tg_load_pair(in);
        const uint32_t y = tg_load_pair(in + 2);

        sum = tg_smlad(y, w[1], tg_smlad(x, w[0], sum));
    }
    for (int32_t k = depth & 3; k > 0; k--, in++, w++) {
        sum = tg_smlad((uint32_t)*in, *w, sum);
    }
    *out = sum;
    return w;
}

TG_KERNEL void tg_linear_scores_s16_dsp(const struct tg_linear_scores_dsp *layer, const int16_t *in, int32_t *out)
{
    const int32_t depth = layer->depth;
    const int32_t *bias = layer->bias;
    const uint32_t *w = layer->weights;
    int32_t left = layer->outputs;

    for (; left >= 5; left -= 5, bias += 5, out += 5) {
        w = five_outputs(w, in, depth, bias, out);
    }
    for (; left > 0; left--, bias++, out++) {
        w = one_output(w, in, depth, bias, out);
    }
}
