/* See tg_fully_connected_mve.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_fully_connected_mve.h"
#include "tg_mve_bytes.h"
#include "tg_mve_clamp.h"
#include "tg_mve_dense_block.h"

/* Scratch: the sums of a block, the second tile of a last odd one included; then a row that is not whole steps. */
TG_KERNEL void tg_fully_connected_s8_mve(const struct tg_fully_connected_mve *layer, const int8_t *in,
                                         int8_t *out, void *scratch)
{
    const int32_t tiles = layer->dense.tiles < TG_MVE_BLOCK_ONE ? layer->dense.tiles : (int32_t)TG_MVE_BLOCK_ONE;
    int32_t *const sums = (int32_t *)scratch;
    int8_t *const copy = (int8_t *)(sums + (tiles + 1) * TG_MVE_TILE);
    int8_t *to = out;

    for (int32_t row = 0; row < layer->rows; row++) {
        const int8_t *x = in;

        if (layer->depth % TG_MVE_STEP != 0) {
            x = copy;
            (void)tg_mve_copy(copy, in, layer->depth);
        }
        for (int32_t first = 0; first < layer->dense.tiles; first += TG_MVE_BLOCK_ONE) {
            struct tg_mve_dense memory;
            const struct tg_mve_dense *const block =
                tg_mve_take_block(&layer->dense, 0, first, TG_MVE_BLOCK_ONE, &memory);

            tg_dense_one_mve(block, x, to + first * TG_MVE_TILE, sums);
        }
        to += layer->dense.channels;
        in += layer->depth;
    }
    tg_mve_clamp(out, layer->rows * layer->dense.channels, layer->out_min, layer->out_max);
}
