/* The list of the nearest rows found so far: keys, least first, and the indices of their rows behind all keys.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_NEAREST_LIST_H
#define TG_NEAREST_LIST_H

#include "tg_common.h"

TG_INLINE void tg_nearest_clear(int32_t *list, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        list[i] = INT32_MAX;
        list[count + i] = 0;
    }
}

/* Puts a key below the last one in its place, behind equal ones; returns the new last key. */
static TG_NOINLINE int32_t tg_nearest_insert(int32_t *list, int32_t count, int32_t key, int32_t row)
{
    int32_t i = count - 1;

    for (; i > 0 && list[i - 1] > key; i--) {
        list[i] = list[i - 1];
        list[count + i] = list[count + i - 1];
    }
    list[i] = key;
    list[count + i] = row;
    return list[count - 1];
}

#endif
