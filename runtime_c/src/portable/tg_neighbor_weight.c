/* See tg_neighbor_weight.h. Divisions and roots bit by bit: there are few of them.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_neighbor_weight.h"

#include "tg_neighbors.h"

#define WEIGHT_BITS 15

/* Overflow: the rest is below `whole`, so twice the rest fits. */
TG_KERNEL uint32_t tg_neighbor_weight_share(uint32_t part, uint32_t whole, int32_t bits)
{
    uint32_t rest = part;
    uint32_t share = 0;

    if (rest == whole) {
        return 1u << bits;
    }
    for (; bits > 0; bits--) {
        rest *= 2u;
        share *= 2u;
        if (rest >= whole) {
            rest -= whole;
            share++;
        }
    }
    return share;
}

/* floor(sqrt(value)) for values up to 2^30. */
static uint32_t root_of(uint32_t value)
{
    uint32_t root = 0;

    for (uint32_t bit = 1u << WEIGHT_BITS; bit != 0; bit >>= 1) {
        const uint32_t next = root + bit;

        if (next * next <= value) {
            root = next;
        }
    }
    return root;
}

TG_KERNEL int32_t tg_neighbor_weight(int32_t weights, int32_t least, int32_t measure)
{
    if (weights == TG_UNIFORM) {
        return 1;
    }
    if (least == 0) {
        return measure == 0 ? 1 << WEIGHT_BITS : 0;
    }
    if (weights == TG_INVERSE) {
        return (int32_t)tg_neighbor_weight_share((uint32_t)least, (uint32_t)measure, WEIGHT_BITS);
    }
    return (int32_t)root_of(tg_neighbor_weight_share((uint32_t)least, (uint32_t)measure, 2 * WEIGHT_BITS));
}
