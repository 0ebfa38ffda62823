/* A vector times a weight matrix. See tg_dense_one_s8.h.
 *
 * Accumulators are plain variables: GCC keeps those in registers.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_dense_dots.h"
#include "tg_dense_one_s8.h"
#include "tg_requantize_s8.h"

/* sums[i] += x times channel i, for the eight channels of two blocks that are block_bytes apart, and a depth that is
 * a multiple of 4. */
static TG_NOINLINE void add_eight(const int8_t *x, const int8_t *w, int32_t depth, int32_t block_bytes,
                                  int32_t *sums)
{
    const int8_t *const end = x + depth;
    const int8_t *v = w + block_bytes;
    int32_t a0 = sums[0];
    int32_t a1 = sums[1];
    int32_t a2 = sums[2];
    int32_t a3 = sums[3];
    int32_t a4 = sums[4];
    int32_t a5 = sums[5];
    int32_t a6 = sums[6];
    int32_t a7 = sums[7];

    while (x != end) {
        a0 += x[0] * w[0];
        a1 += x[0] * w[1];
        a2 += x[0] * w[2];
        a3 += x[0] * w[3];
        a4 += x[0] * v[0];
        a5 += x[0] * v[1];
        a6 += x[0] * v[2];
        a7 += x[0] * v[3];
        tg_keep_order();
        a0 += x[1] * w[4];
        a1 += x[1] * w[5];
        a2 += x[1] * w[6];
        a3 += x[1] * w[7];
        a4 += x[1] * v[4];
        a5 += x[1] * v[5];
        a6 += x[1] * v[6];
        a7 += x[1] * v[7];
        tg_keep_order();
        a0 += x[2] * w[8];
        a1 += x[2] * w[9];
        a2 += x[2] * w[10];
        a3 += x[2] * w[11];
        a4 += x[2] * v[8];
        a5 += x[2] * v[9];
        a6 += x[2] * v[10];
        a7 += x[2] * v[11];
        tg_keep_order();
        a0 += x[3] * w[12];
        a1 += x[3] * w[13];
        a2 += x[3] * w[14];
        a3 += x[3] * w[15];
        a4 += x[3] * v[12];
        a5 += x[3] * v[13];
        a6 += x[3] * v[14];
        a7 += x[3] * v[15];
        tg_keep_order();
        x += 4;
        w += 16;
        v += 16;
    }
    sums[0] = a0;
    sums[1] = a1;
    sums[2] = a2;
    sums[3] = a3;
    sums[4] = a4;
    sums[5] = a5;
    sums[6] = a6;
    sums[7] = a7;
}

/* sums[i] += x times channel i, for the four channels of one block. */
static TG_NOINLINE void add_four(const int8_t *x, const int8_t *w, int32_t depth, int32_t *sums)
{
    const int8_t *const end = x + depth;
    int32_t a0 = sums[0];
    int32_t a1 = sums[1];
    int32_t a2 = sums[2];
    int32_t a3 = sums[3];

    while (x != end) {
        const int32_t u = *x++;

        a0 += u * w[0];
        a1 += u * w[1];
        a2 += u * w[2];
        a3 += u * w[3];
        w += 4;
    }
    sums[0] = a0;
    sums[1] = a1;
    sums[2] = a2;
    sums[3] = a3;
}

TG_KERNEL void tg_dense_one_s8(const struct tg_dense *dense, const int8_t *x, int32_t correction, int8_t *out)
{
    const int32_t depth = dense->depth;
    const int32_t fours = depth & ~3;
    const int8_t *w = dense->weights;
    int32_t channel = dense->first_channel;
    int32_t left = dense->channels;
    int32_t sums[8];

    while (left > 0) {
        const int32_t count = left >= 8 ? 8 : left >= 4 ? 4 : 1;

        for (int32_t i = 0; i < count; i++) {
            sums[i] = correction;
        }
        if (count == 8) {
            add_eight(x, w, fours, 4 * depth, sums);
            add_four(x + fours, w + 4 * fours, depth - fours, sums);
            add_four(x + fours, w + 4 * (depth + fours), depth - fours, sums + 4);
        } else if (count == 4) {
            add_four(x, w, depth, sums);
        } else {
            sums[0] += tg_dense_dots_one(x, w, depth);
        }
        tg_requantize_s8(dense->requantization, channel, count, sums, 1, out, 0);
        w += count * depth;
        channel += count;
        left -= count;
        out += count;
    }
}
