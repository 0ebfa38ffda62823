/* See tg_arg_max.h. The largest score is found first, four at a step, and then where it stands: this costs fewer
 * instructions than to keep an index.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_arg_max.h"

TG_INLINE int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

TG_KERNEL void tg_arg_max_s32(const struct tg_arg_max *layer, const int32_t *in, int32_t *out)
{
    const int32_t *const end = in + layer->count;
    const int32_t *x = in;
    int32_t largest = *x;

    if (layer->count == 1) {
        *out = largest > layer->threshold ? 1 : 0;
        return;
    }
    for (; end - x >= 4; x += 4) {
        largest = larger(largest, x[0]);
        largest = larger(largest, x[1]);
        largest = larger(largest, x[2]);
        largest = larger(largest, x[3]);
    }
    for (; x < end; x++) {
        largest = larger(largest, *x);
    }
    x = in;
    while (*x != largest) {
        x++;
    }
    *out = (int32_t)(x - in);
}
