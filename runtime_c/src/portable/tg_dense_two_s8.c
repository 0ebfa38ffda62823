/* Two vectors times a weight matrix. See tg_dense_two_s8.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_dense_two_s8.h"
#include "tg_requantize_s8.h"

/* One step of depth: acc[2 i] += x * w[i], acc[2 i + 1] += y * w[i]. */
TG_INLINE void add_products(int32_t *acc, int32_t x, int32_t y, const int8_t *w)
{
    int32_t v = w[0];

    acc[0] += x * v;
    acc[1] += y * v;
    v = w[1];
    acc[2] += x * v;
    acc[3] += y * v;
    v = w[2];
    acc[4] += x * v;
    acc[5] += y * v;
    v = w[3];
    acc[6] += x * v;
    acc[7] += y * v;
}

/* sums[2 i] += x times channel i, sums[2 i + 1] += y times channel i, for the four channels of a block. */
static TG_NOINLINE void add_block(const int8_t *x, const int8_t *y, const int8_t *w, int32_t depth,
                                  int32_t *sums)
{
    int32_t acc[8] = {sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6], sums[7]};
    const int8_t *const pairs_end = x + (depth & ~1);

    while (x != pairs_end) {
        add_products(acc, x[0], y[0], w);
        add_products(acc, x[1], y[1], w + 4);
        x += 2;
        y += 2;
        w += 8;
    }
    if (depth & 1) {
        add_products(acc, *x, *y, w);
    }
    for (int32_t i = 0; i < 8; i++) {
        sums[i] = acc[i];
    }
}

TG_KERNEL void tg_dense_two_s8(const struct tg_dense *dense, const int8_t *x, const int8_t *y, int8_t *out,
                               int32_t out_step)
{
    const int32_t depth = dense->depth;
    const int8_t *w = dense->weights;
    int32_t sums[8];
    int32_t o = 0;

    for (; o + 4 <= dense->channels; o += 4) {
        for (int32_t i = 0; i < 4; i++) {
            sums[2 * i] = dense->bias[o + i];
            sums[2 * i + 1] = dense->bias[o + i];
        }
        add_block(x, y, w, depth, sums);
        tg_requantize_s8(dense->requantization, dense->first_channel + o, 4, sums, 2, out + o, out_step);
        w += 4 * depth;
    }
    for (; o < dense->channels; o++) {
        sums[0] = tg_dense_dot(x, w, depth, dense->bias[o]);
        sums[1] = tg_dense_dot(y, w, depth, dense->bias[o]);
        tg_requantize_s8(dense->requantization, dense->first_channel + o, 1, sums, 2, out + o, out_step);
        w += depth;
    }
}
