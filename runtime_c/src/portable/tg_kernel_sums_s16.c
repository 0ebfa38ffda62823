/* See tg_kernel_sums.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_kernel_sums.h"

#include "tg_kernel_add.h"
#include "tg_kernel_outputs.h"
#include "tg_kernel_values.h"
#include "tg_row_products_s16.h"

TG_KERNEL void tg_kernel_sums_s16(const struct tg_kernel_sums *layer, const int16_t *in, int32_t *out, void *scratch)
{
    const int32_t outputs = layer->outputs;
    const int32_t pairs = (layer->depth + TG_PAIR - 1) / TG_PAIR;
    const int16_t *tile = (const int16_t *)layer->tiles;
    const int32_t *norms = layer->norms;
    const int16_t *coefficients = layer->coefficients;
    int16_t *const x = (int16_t *)scratch;
    int32_t *const sums = layer->groups == 1 ? out : (int32_t *)scratch + TG_PAIR * pairs / 2;
    int32_t *sum = sums;
    const uint32_t start = tg_kernel_start(layer, tg_row_products_s16_query(in, layer->depth, x));

    for (int32_t g = 0; g < layer->groups; g++, sum += outputs) {
        for (int32_t m = 0; m < outputs; m++) {
            sum[m] = 0;
        }
        for (int32_t i = 0; i < layer->tiles_of_group[g]; i++) {
            int32_t kernels[TG_TILE_ROWS];

            tg_row_products_s16(tile, x, pairs, kernels);
            tg_kernel_values(layer, start, norms, kernels);
            tg_kernel_add(layer, coefficients, kernels, sum);
            tile += TG_TILE_ROWS * TG_PAIR * pairs;
            norms = norms == NULL ? NULL : norms + TG_TILE_ROWS;
            coefficients += TG_TILE_ROWS * outputs;
        }
    }
    tg_kernel_outputs(layer, sums, out);
}
