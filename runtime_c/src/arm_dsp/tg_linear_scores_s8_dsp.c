/* Linear functions of a row of int8: four products a step for five outputs at once. See tg_linear_scores.h.
 *
 * A step for five outputs loads the features once for 20 products: about 1.4 instructions a product. The high half of a
 * feature that is left over meets a weight of 0.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_linear_scores.h"
#include "tg_simd.h"

/* Five outputs; returns the weights behind theirs. */
static const uint32_t *five_outputs(const uint32_t *w, const int8_t *in, int32_t depth, const int32_t *bias, int32_t *out)
{
    const int8_t *const end = in + (depth & ~3);
    int32_t a = bias[0];
    int32_t b = bias[1];
    int32_t c = bias[2];
    int32_t d = bias[3];
    int32_t e = bias[4];

    for (; in != end; in += 4, w += 10) {
        const uint32_t four = tg_load_quad(in);
        const uint32_t x = tg_sxtb16(four);
        const uint32_t y = tg_sxtb16_ror8(four);

        a = tg_smlad(y, w[1], tg_smlad(x, w[0], a));
        b = tg_smlad(y, w[3], tg_smlad(x, w[2], b));
        c = tg_smlad(y, w[5], tg_smlad(x, w[4], c));
        d = tg_smlad(y, w[7], tg_smlad(x, w[6], d));
        e = tg_smlad(y, w[9], tg_smlad(x, w[8], e));
    }
    for (int32_t k = depth & 3; k > 0; k--, in++, w += 5) {
        a = tg_smlad((uint32_t)*in, w[0], a);
        b = tg_smlad((uint32_t)*in, w[1], b);
        c = tg_smlad((uint32_t)*in, w[2], c);
        d = tg_smlad((uint32_t)*in, w[3], d);
        e = tg_smlad((uint32_t)*in, w[4], e);
    }
    out[0] = a;
    out[1] = b;
    out[2] = c;
    out[3] = d;
    out[4] = e;
    return w;
}

/* One output; returns the weights behind its. */
static const uint32_t *one_output(const uint32_t *w, const int8_t *in, int32_t depth, const int32_t *bias, int32_t *out)
{
    const int8_t *const end = in + (depth & ~3);
    int32_t a = bias[0];

    for (; in != end; in += 4, w += 2) {
        const uint32_t four = tg_load_quad(in);
        const uint32_t x = tg_sxtb16(four);
        const uint32_t y = tg_sxtb16_ror8(four);

        a = tg_smlad(y, w[1], tg_smlad(x, w[0], a));
    }
    for (int32_t k = depth & 3; k > 0; k--, in++, w += 1) {
        a = tg_smlad((uint32_t)*in, w[0], a);
    }
    out[0] = a;
    return w;
}

TG_KERNEL void tg_linear_scores_s8_dsp(const struct tg_linear_scores_dsp *layer, const int8_t *in, int32_t *out)
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
