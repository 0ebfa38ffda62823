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

/* sums[2 i] = x times channel i, sums[2 i + 1] = y times channel i, for the four channels of a block. */
static TG_NOINLINE void multiply_block(const int8_t *x, const int8_t *y, const int8_t *w, int32_t depth,
                                       int32_t *sums)
{
    int32_t acc[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    const int8_t *const end = x + depth;
    const int8_t *const fours_end = x + (depth & ~3);

    while (x != fours_end) {
        add_products(acc, x[0], y[0], w);
        add_products(acc, x[1], y[1], w + 4);
        __asm__ volatile("" ::: "memory");
        add_products(acc, x[2], y[2], w + 8);
        add_products(acc, x[3], y[3], w + 12);
        x += 4;
        y += 4;
        w += 16;
    }
    while (x != end) {
        add_products(acc, *x++, *y++, w);
        w += 4;
    }
    for (int32_t i = 0; i < 8; i++) {
        sums[i] = acc[i];
    }
}

TG_KERNEL void tg_dense_two_s8(const struct tg_dense *dense, const int8_t *x, const int8_t *y, int8_t *out,
                               int32_t out_step)
{
    const struct tg_requantization *const r = dense->requantization;
    const int32_t depth = dense->depth;
    const int8_t *w = dense->weights;
    int32_t channel = dense->first_channel;
    int32_t left = dense->channels;
    int32_t sums[8];

    for (; left >= 4; left -= 4) {
        multiply_block(x, y, w, depth, sums);
        tg_requantize_s8(r, channel, 4, sums, 2, out, out_step);
        w += 4 * depth;
        channel += 4;
        out += 4;
    }
    for (; left > 0; left--) {
        sums[0] = tg_dense_dot(x, w, depth);
        sums[1] = tg_dense_dot(y, w, depth);
        tg_requantize_s8(r, channel, 1, sums, 2, out, out_step);
        w += depth;
        channel++;
        out++;
    }
}
