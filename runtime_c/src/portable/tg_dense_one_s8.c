/* A vector times a weight matrix. See tg_dense_one_s8.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_dense_one_s8.h"
#include "tg_requantize_s8.h"

/* One step of depth: acc[i] += x * w[i]. */
TG_INLINE void add_products(int32_t *acc, int32_t x, const int8_t *w)
{
    acc[0] += x * w[0];
    acc[1] += x * w[1];
    acc[2] += x * w[2];
    acc[3] += x * w[3];
}

/* sums[i] = start plus x times channel i, for the four channels of a block. */
static TG_NOINLINE void multiply_block(const int8_t *x, const int8_t *w, int32_t depth, int32_t start,
                                       int32_t *sums)
{
    int32_t acc[4] = {start, start, start, start};
    const int8_t *const end = x + depth;
    const int8_t *const fours_end = x + (depth & ~3);

    while (x != fours_end) {
        add_products(acc, x[0], w);
        add_products(acc, x[1], w + 4);
        add_products(acc, x[2], w + 8);
        add_products(acc, x[3], w + 12);
        x += 4;
        w += 16;
    }
    while (x != end) {
        add_products(acc, *x++, w);
        w += 4;
    }
    for (int32_t i = 0; i < 4; i++) {
        sums[i] = acc[i];
    }
}

TG_KERNEL void tg_dense_one_s8(const struct tg_dense *dense, const int8_t *x, int32_t correction, int8_t *out)
{
    const struct tg_requantization *const r = dense->requantization;
    const int32_t depth = dense->depth;
    const int8_t *w = dense->weights;
    int32_t channel = dense->first_channel;
    int32_t left = dense->channels;
    int32_t sums[4];

    for (; left >= 4; left -= 4) {
        multiply_block(x, w, depth, correction, sums);
        tg_requantize_s8(r, channel, 4, sums, 1, out, 0);
        w += 4 * depth;
        channel += 4;
        out += 4;
    }
    for (; left > 0; left--) {
        sums[0] = tg_dense_dot(x, w, depth) + correction;
        tg_requantize_s8(r, channel, 1, sums, 1, out, 0);
        w += depth;
        channel++;
        out++;
    }
}
