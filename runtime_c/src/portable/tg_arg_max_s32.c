/* See tg_arg_max.h. The largest score is found first, two at a step, and then where it stands: this takes
 * fewer instructions than to keep an index.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_arg_max.h"

TG_INLINE int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

TG_KERNEL void tg_arg_max_s32(const struct tg_arg_max *layer, const int32_t *in, int32_t *out)
{
    const int32_t count = layer->count;
    const int32_t *const end = in + count;
    const int32_t *x = in + (count & 1);
    int32_t largest = *in;

    if (count == 1) {
        *out = largest > layer->threshold ? 1 : 0;
        return;
    }
    do {
        largest = larger(largest, x[0]);
        largest = larger(largest, x[1]);
        x += 2;
    } while (x != end);
    for (x = in; *x != largest; x++) {
    }
    *out = (int32_t)(x - in);
}
