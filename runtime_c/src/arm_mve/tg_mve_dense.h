/* Some vectors times a weight matrix, a block of channels at a time. Layouts: tg_mve.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MVE_DENSE_H
#define TG_MVE_DENSE_H

#include "tg_dense_two_mve.h"
#include "tg_mve_dense_block.h"

/* out[p * out_step + c] for p in [0, count) and the channels c of a group, from the vectors x + p * x_step. */
static TG_NOINLINE void tg_mve_dense_many(const struct tg_mve_dense *dense, int32_t group, const int8_t *x,
                                          int32_t x_step, int8_t *out, int32_t count, int32_t *sums)
{
    for (int32_t first = 0; first < dense->tiles; first += TG_MVE_BLOCK_TWO) {
        int8_t *const to = out + first * TG_MVE_TILE;
        struct tg_mve_dense memory;
        const struct tg_mve_dense *const block = tg_mve_take_block(dense, group, first, TG_MVE_BLOCK_TWO, &memory);

        tg_dense_two_mve(block, x, x_step, to, count / 2, sums);
        if (count % 2 != 0) {
            tg_dense_one_mve(block, x + (count - 1) * x_step, to + (count - 1) * dense->out_step, sums);
        }
    }
}

#endif
