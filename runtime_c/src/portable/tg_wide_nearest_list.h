/* The list of the nearest rows found so far: keys of 64 bits, least first, and the indices of their rows.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_WIDE_NEAREST_LIST_H
#define TG_WIDE_NEAREST_LIST_H

#include "tg_wide_nearest.h"

TG_INLINE void tg_wide_nearest_clear(int64_t *keys, int32_t *rows, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        keys[i] = INT64_MAX;
        rows[i] = 0;
    }
}

/* Puts a key below the last one in its place, behind equal ones; returns the new last key. */
static TG_NOINLINE int64_t tg_wide_nearest_insert(int64_t *keys, int32_t *rows, int32_t count, int64_t key, int32_t row)
{
    int32_t i = count - 1;

    for (; i > 0 && keys[i - 1] > key; i--) {
        keys[i] = keys[i - 1];
        rows[i] = rows[i - 1];
    }
    keys[i] = key;
    rows[i] = row;
    return keys[count - 1];
}

TG_INLINE void tg_wide_nearest_finish(const struct tg_wide_nearest *layer, const int64_t *keys, int32_t *out)
{
    const int64_t last = keys[layer->count - 1];
    int32_t shift = layer->shift;

    if (shift < 0) {
        shift = 0;
        while ((last >> shift) > INT32_MAX || (keys[0] >> shift) < INT32_MIN) {
            shift++;
        }
    }
    for (int32_t i = 0; i < layer->count; i++) {
        out[i] = (int32_t)(keys[i] >> shift);
    }
}

#endif
