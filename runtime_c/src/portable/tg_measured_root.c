/* See tg_measured_root.h. Bit by bit, on 2^16 times the square.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_measured_root.h"

TG_KERNEL int32_t tg_measured_root(int32_t square)
{
    const uint64_t value = (uint64_t)square << 16;
    uint32_t root = 0;

    for (uint32_t bit = 1u << 23; bit != 0; bit >>= 1) {
        const uint32_t next = root + bit;

        if ((uint64_t)next * next <= value) {
            root = next;
        }
    }
    return (int32_t)root;
}
