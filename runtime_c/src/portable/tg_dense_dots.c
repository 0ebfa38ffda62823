/* Dot products by fours. See tg_dense_dots.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_dense_dots.h"

TG_KERNEL int32_t tg_dense_dots_one(const int8_t *x, const int8_t *w, int32_t depth)
{
    const int8_t *const end = x + (depth & ~3);
    int32_t acc = 0;

    for (; x != end; x += 4, w += 4) {
        acc += x[0] * w[0];
        acc += x[1] * w[1];
        acc += x[2] * w[2];
        acc += x[3] * w[3];
    }
    for (int32_t i = 0; i < (depth & 3); i++) {
        acc += x[i] * w[i];
    }
    return acc;
}

TG_KERNEL void tg_dense_dots(const int8_t *x, const int8_t *y, const int8_t *w, int32_t depth, int32_t *sums)
{
    const int8_t *const end = x + (depth & ~3);
    int32_t acc_x = 0;
    int32_t acc_y = 0;

    for (; x != end; x += 4, y += 4, w += 4) {
        acc_x += x[0] * w[0];
        acc_y += y[0] * w[0];
        tg_keep_order();
        acc_x += x[1] * w[1];
        acc_y += y[1] * w[1];
        tg_keep_order();
        acc_x += x[2] * w[2];
        acc_y += y[2] * w[2];
        tg_keep_order();
        acc_x += x[3] * w[3];
        acc_y += y[3] * w[3];
    }
    for (int32_t i = 0; i < (depth & 3); i++) {
        acc_x += x[i] * w[i];
        acc_y += y[i] * w[i];
    }
    sums[0] = acc_x;
    sums[1] = acc_y;
}
