/* Linear functions of a row of int8, four products a step for five outputs at once. See tg_linear_scores.h.
 *
 * About 1.4 instructions a product: a step loads the features once for 20 products.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_linear_scores.h"
#include "tg_simd.h"

/* Five outputs; returns the weights behind theirs. */
static const int16_t *five_outputs(const int16_t *w, const int8_t *in, int32_t depth, const int32_t *bias, int32_t *out)
{
    const int8_t *const end = in + (depth & ~3);
    int32_t a = bias[0];
    int32_t b = bias[1];
    int32_t c = bias[2];
    int32_t d = bias[3];
    int32_t e = bias[4];

    for (; in != end; in += 4, w += 20) {
        const uint32_t four = tg_load_quad(in);
        const uint32_t x = tg_sxtb16(four);
        const uint32_t y = tg_sxtb16_ror8(four);

        a = tg_smlad(y, tg_load_pair(w + 2), tg_smlad(x, tg_load_pair(w), a));
        b = tg_smlad(y, tg_load_pair(w + 6), tg_smlad(x, tg_load_pair(w + 4), b));
        c = tg_smlad(y, tg_load_pair(w + 10), tg_smlad(x, tg_load_pair(w + 8), c));
        d = tg_smlad(y, tg_load_pair(w + 14), tg_smlad(x, tg_load_pair(w + 12), d));
        e = tg_smlad(y, tg_load_pair(w + 18), tg_smlad(x, tg_load_pair(w + 16), e));
    }
    for (int32_t k = depth & 3; k > 0; k--, in++, w += 5) {
        a += *in * w[0];
        b += *in * w[1];
        c += *in * w[2];
        d += *in * w[3];
        e += *in * w[4];
    }
    out[0] = a;
    out[1] = b;
    out[2] = c;
    out[3] = d;
    out[4] = e;
    return w;
}

/* One output, the same way. */
static const int16_t *one_output(const int16_t *w, const int8_t *in, int32_t depth, const int32_t *bias, int32_t *out)
{
    const int8_t *const end = in + (depth & ~3);
    int32_t a = bias[0];

    for (; in != end; in += 4, w += 4) {
        const uint32_t four = tg_load_quad(in);
        const uint32_t x = tg_sxtb16(four);
        const uint32_t y = tg_sxtb16_ror8(four);

        a = tg_smlad(y, tg_load_pair(w + 2), tg_smlad(x, tg_load_pair(w), a));
    }
    for (int32_t k = depth & 3; k > 0; k--) {
        a += *in++ * *w++;
    }
    out[0] = a;
    return w;
}

TG_KERNEL void tg_linear_scores_s8_dsp(const struct tg_linear_scores *layer, const int8_t *in, int32_t *out)
{
    const int16_t *w = layer->weights;
    int32_t c = 0;

    for (; layer->outputs - c >= 5; c += 5) {
        w = five_outputs(w, in, layer->depth, layer->bias + c, out + c);
    }
    for (; c < layer->outputs; c++) {
        w = one_output(w, in, layer->depth, layer->bias + c, out + c);
    }
}
