/* Blocks of channels of a weight matrix, so that few sums are kept at a time. Layouts: tg_mve.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MVE_DENSE_BLOCK_H
#define TG_MVE_DENSE_BLOCK_H

#include "tg_dense_one_mve.h"
#include "tg_mve_c.h"

/* Tiles of a block for two vectors, and for one. */
enum { TG_MVE_BLOCK_TWO = 32, TG_MVE_BLOCK_ONE = 64 };

/* Bytes of the sums of two vectors, or of one and two. */
TG_INLINE int32_t tg_mve_sums_bytes(const struct tg_mve_dense *dense)
{
    return (dense->tiles < TG_MVE_BLOCK_TWO ? dense->tiles : (int32_t)TG_MVE_BLOCK_TWO) * 32;
}

/* At most `most` tiles of a group, from its tile `first` on: `dense` itself where that is all of it. */
static TG_NOINLINE const struct tg_mve_dense *tg_mve_take_block(const struct tg_mve_dense *dense, int32_t group,
                                                               int32_t first, int32_t most,
                                                               struct tg_mve_dense *block)
{
    const int32_t tile = group * dense->tiles + first;

    if (tile == 0 && dense->tiles <= most) {
        return dense;
    }
    *block = *dense;
    block->weights += tile * dense->steps * TG_MVE_STEP * TG_MVE_TILE;
    block->words += tile * tg_mve_vectors(dense->form) * TG_MVE_TILE;
    block->tiles -= first;
    block->channels -= first * TG_MVE_TILE;
    if (block->tiles > most) {
        block->tiles = most;
        block->channels = most * TG_MVE_TILE;
    }
    return block;
}

#endif
