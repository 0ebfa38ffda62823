/* One or two vectors times a weight matrix, requantized: the inner part of every dense layer.
 *
 *   out[o] = finish(bias[o] + sum x[k] * weights[o][k])
 *
 * Weights are packed for one pointer that only moves forward: channels in blocks of four, each block
 * [depth][4], then the channels that are left, each [depth]. Four channels share every load of x, two vectors
 * share every load of a weight.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DENSE_CORE_H
#define TG_DENSE_CORE_H

#include "tg_common.h"
#include "tg_fixedpoint.h"

struct tg_dense {
    const int8_t *weights;
    const int32_t *bias;
    int32_t depth;         /* products per output */
    int32_t first_channel; /* of the layer, where the requantization starts */
    int32_t channels;
};

/* acc[0 .. 4) += x * w, acc[4 .. 8) += y * w for one step of depth. */
TG_INLINE void tg_dense_step_2x4(int32_t *acc, int32_t x, int32_t y, const int8_t *w)
{
    const int32_t w0 = w[0];
    const int32_t w1 = w[1];
    const int32_t w2 = w[2];
    const int32_t w3 = w[3];

    acc[0] += x * w0;
    acc[4] += y * w0;
    acc[1] += x * w1;
    acc[5] += y * w1;
    acc[2] += x * w2;
    acc[6] += y * w2;
    acc[3] += x * w3;
    acc[7] += y * w3;
}

/* sums[0 .. 4) += x times four channels, sums[4 .. 8) += y times them. */
TG_INLINE void tg_dense_dot_2x4(const int8_t *x, const int8_t *y, const int8_t *w, int32_t depth,
                                int32_t *sums)
{
    int32_t acc[8] = {sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6], sums[7]};
    const int8_t *const pairs_end = x + (depth & ~1);

    while (x != pairs_end) {
        tg_dense_step_2x4(acc, x[0], y[0], w);
        tg_dense_step_2x4(acc, x[1], y[1], w + 4);
        x += 2;
        y += 2;
        w += 8;
    }
    if (depth & 1) {
        tg_dense_step_2x4(acc, *x, *y, w);
    }
    for (int32_t i = 0; i < 8; i++) {
        sums[i] = acc[i];
    }
}

/* acc[0 .. 4) += x * w for one step of depth. */
TG_INLINE void tg_dense_step_1x4(int32_t *acc, int32_t x, const int8_t *w)
{
    acc[0] += x * w[0];
    acc[1] += x * w[1];
    acc[2] += x * w[2];
    acc[3] += x * w[3];
}

/* sums[0 .. 4) += x times four channels. */
TG_INLINE void tg_dense_dot_1x4(const int8_t *x, const int8_t *w, int32_t depth, int32_t *sums)
{
    int32_t acc[4] = {sums[0], sums[1], sums[2], sums[3]};
    const int8_t *const pairs_end = x + (depth & ~1);

    while (x != pairs_end) {
        tg_dense_step_1x4(acc, x[0], w);
        tg_dense_step_1x4(acc, x[1], w + 4);
        x += 2;
        w += 8;
    }
    if (depth & 1) {
        tg_dense_step_1x4(acc, *x, w);
    }
    for (int32_t i = 0; i < 4; i++) {
        sums[i] = acc[i];
    }
}

/* acc plus the sum of `depth` products. */
TG_INLINE int32_t tg_dense_dot(const int8_t *x, const int8_t *w, int32_t depth, int32_t acc)
{
    const int8_t *const end = x + depth;

    while (x != end) {
        acc += *x++ * *w++;
    }
    return acc;
}

/* Finishes `count` neighbouring channels of one output. */
TG_INLINE void tg_dense_finish(const int32_t *acc, int32_t count, const struct tg_requantization *r,
                               int32_t channel, int8_t *out, enum tg_arithmetic arithmetic)
{
    for (int32_t i = 0; i < count; i++) {
        out[i] = tg_finish(acc[i], r, channel + i, arithmetic);
    }
}

/* All channels of the outputs of x and y. */
TG_INLINE void tg_dense_two(const struct tg_dense *dense, const struct tg_requantization *r, const int8_t *x,
                            const int8_t *y, int8_t *out_x, int8_t *out_y, enum tg_arithmetic arithmetic)
{
    const int8_t *w = dense->weights;
    const int32_t depth = dense->depth;
    int32_t o = 0;

    for (; o + 4 <= dense->channels; o += 4) {
        const int32_t *b = dense->bias + o;
        int32_t acc[8] = {b[0], b[1], b[2], b[3], b[0], b[1], b[2], b[3]};

        tg_dense_dot_2x4(x, y, w, depth, acc);
        tg_dense_finish(acc, 4, r, dense->first_channel + o, out_x + o, arithmetic);
        tg_dense_finish(acc + 4, 4, r, dense->first_channel + o, out_y + o, arithmetic);
        w += 4 * depth;
    }
    for (; o < dense->channels; o++) {
        const int32_t acc_x = tg_dense_dot(x, w, depth, dense->bias[o]);
        const int32_t acc_y = tg_dense_dot(y, w, depth, dense->bias[o]);

        out_x[o] = tg_finish(acc_x, r, dense->first_channel + o, arithmetic);
        out_y[o] = tg_finish(acc_y, r, dense->first_channel + o, arithmetic);
        w += depth;
    }
}

/* All channels of the output of x. `correction` is added to every accumulator. */
TG_INLINE void tg_dense_one(const struct tg_dense *dense, const struct tg_requantization *r, const int8_t *x,
                            int32_t correction, int8_t *out, enum tg_arithmetic arithmetic)
{
    const int8_t *w = dense->weights;
    const int32_t depth = dense->depth;
    int32_t o = 0;

    for (; o + 4 <= dense->channels; o += 4) {
        const int32_t *b = dense->bias + o;
        int32_t acc[4] = {b[0] + correction, b[1] + correction, b[2] + correction, b[3] + correction};

        tg_dense_dot_1x4(x, w, depth, acc);
        tg_dense_finish(acc, 4, r, dense->first_channel + o, out + o, arithmetic);
        w += 4 * depth;
    }
    for (; o < dense->channels; o++) {
        const int32_t acc = tg_dense_dot(x, w, depth, dense->bias[o] + correction);

        out[o] = tg_finish(acc, r, dense->first_channel + o, arithmetic);
        w += depth;
    }
}

#endif
