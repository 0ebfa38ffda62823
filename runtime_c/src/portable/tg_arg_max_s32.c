/* See tg_arg_max.h. The largest score is found first, two at a step from the end, and then where it stands: this takes
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
    int32_t left = layer->count;
    int32_t largest = in[0];
    int32_t index = 0;

    if (left == 1) {
        *out = largest > layer->threshold ? 1 : 0;
        return;
    }
    for (; left >= 2; left -= 2) {
        largest = larger(largest, in[left - 1]);
        largest = larger(largest, in[left - 2]);
    }
    while (in[index] != largest) {
        index++;
    }
    *out = index;
}
