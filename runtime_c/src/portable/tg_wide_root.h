/* The root of 64 bits.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_WIDE_ROOT_H
#define TG_WIDE_ROOT_H

#include "tg_common.h"

/* floor(sqrt(n)), n below 2^62, bit by bit. */
static TG_NOINLINE int64_t tg_wide_root(uint64_t n)
{
    uint32_t root = 0;

    for (uint32_t bit = (uint32_t)1 << 30; bit != 0; bit >>= 1) {
        const uint32_t tried = root | bit;

        if ((uint64_t)tried * tried <= n) {
            root = tried;
        }
    }
    return (int64_t)root;
}

#endif
