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

/* sums[i] += x times channel i, for the four channels of a block. */
static TG_NOINLINE void add_block(const int8_t *x, const int8_t *w, int32_t depth, int32_t *sums)
{
    int32_t acc[4] = {sums[0], sums[1], sums[2], sums[3]};
    const int8_t *const fours_end = x + (depth & ~3);
    const int8_t *const end = x + depth;

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
    const int32_t depth = dense->depth;
    const int8_t *w = dense->weights;
    int32_t sums[4];
    int32_t o = 0;

    for (; o + 4 <= dense->channels; o += 4) {
        for (int32_t i = 0; i < 4; i++) {
            sums[i] = dense->bias[o + i] + correction;
        }
        add_block(x, w, depth, sums);
        tg_requantize_s8(dense->requantization, dense->first_channel + o, 4, sums, 1, out + o, 0);
        w += 4 * depth;
    }
    for (; o < dense->channels; o++) {
        sums[0] = tg_dense_dot(x, w, depth, dense->bias[o] + correction);
        tg_requantize_s8(dense->requantization, dense->first_channel + o, 1, sums, 1, out + o, 0);
        w += depth;
    }
}
