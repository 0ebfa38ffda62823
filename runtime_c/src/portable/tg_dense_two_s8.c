/* Two vectors times a weight matrix. See tg_dense_two_s8.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_dense_dots.h"
#include "tg_dense_two_s8.h"
#include "tg_requantize_s8.h"

/* sums[2 i] = x times channel i, sums[2 i + 1] = y times channel i, for the four channels of a block and a depth that
 * is a multiple of 4. Written out: GCC keeps accumulators in registers only if they are plain variables. */
static TG_SCALAR void multiply_fours(const int8_t *x, const int8_t *y, const int8_t *w, int32_t depth,
                                       int32_t *sums)
{
    const int8_t *const end = x + depth;
    int32_t x0 = 0;
    int32_t y0 = 0;
    int32_t x1 = 0;
    int32_t y1 = 0;
    int32_t x2 = 0;
    int32_t y2 = 0;
    int32_t x3 = 0;
    int32_t y3 = 0;

    while (x != end) {
        x0 += x[0] * w[0];
        y0 += y[0] * w[0];
        x1 += x[0] * w[1];
        y1 += y[0] * w[1];
        x2 += x[0] * w[2];
        y2 += y[0] * w[2];
        x3 += x[0] * w[3];
        y3 += y[0] * w[3];
        tg_keep_order();
        x0 += x[1] * w[4];
        y0 += y[1] * w[4];
        x1 += x[1] * w[5];
        y1 += y[1] * w[5];
        x2 += x[1] * w[6];
        y2 += y[1] * w[6];
        x3 += x[1] * w[7];
        y3 += y[1] * w[7];
        tg_keep_order();
        x0 += x[2] * w[8];
        y0 += y[2] * w[8];
        x1 += x[2] * w[9];
        y1 += y[2] * w[9];
        x2 += x[2] * w[10];
        y2 += y[2] * w[10];
        x3 += x[2] * w[11];
        y3 += y[2] * w[11];
        tg_keep_order();
        x0 += x[3] * w[12];
        y0 += y[3] * w[12];
        x1 += x[3] * w[13];
        y1 += y[3] * w[13];
        x2 += x[3] * w[14];
        y2 += y[3] * w[14];
        x3 += x[3] * w[15];
        y3 += y[3] * w[15];
        tg_keep_order();
        x += 4;
        y += 4;
        w += 16;
    }
    sums[0] = x0;
    sums[1] = y0;
    sums[2] = x1;
    sums[3] = y1;
    sums[4] = x2;
    sums[5] = y2;
    sums[6] = x3;
    sums[7] = y3;
}

/* Adds the last steps of depth, `count` of them. */
static TG_NOINLINE void add_rest(const int8_t *x, const int8_t *y, const int8_t *w, int32_t count, int32_t *sums)
{
    const int8_t *const end = x + count;

    for (; x != end; x++) {
        for (int32_t i = 0; i < 4; i++) {
            const int32_t v = *w++;

            sums[2 * i] += *x * v;
            sums[2 * i + 1] += *y * v;
        }
        y++;
    }
}

TG_KERNEL void tg_dense_two_s8(const struct tg_dense *dense, const int8_t *x, const int8_t *y, int8_t *out,
                               int32_t out_step)
{
    const struct tg_requantization *const r = dense->requantization;
    const int32_t depth = dense->depth;
    const int32_t fours = depth & ~3;
    const int8_t *w = dense->weights;
    int32_t channel = dense->first_channel;
    int32_t left = dense->channels;
    int32_t sums[8];

    for (; left >= 4; left -= 4) {
        multiply_fours(x, y, w, fours, sums);
        w += 4 * fours;
        if (fours != depth) {
            add_rest(x + fours, y + fours, w, depth - fours, sums);
            w += 4 * (depth - fours);
        }
        tg_requantize_s8(r, channel, 4, sums, 2, out, out_step);
        channel += 4;
        out += 4;
    }
    for (; left > 0; left--) {
        tg_dense_dots(x, y, w, depth, sums);
        tg_requantize_s8(r, channel, 1, sums, 2, out, out_step);
        w += depth;
        channel++;
        out++;
    }
}
