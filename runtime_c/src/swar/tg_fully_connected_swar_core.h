/* The fully connected layer for any core. See tg_fully_connected_swar.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_FULLY_CONNECTED_SWAR_CORE_H
#define TG_FULLY_CONNECTED_SWAR_CORE_H

#include "tg_fully_connected_swar.h"
#include "tg_swar_dense.h"
#include "tg_swar_finish.h"

typedef void tg_swar_dense_function(const struct tg_swar_dense *dense);

/* Inputs in the order of the weights, and the first values of the blocks. */
static TG_NOINLINE void tg_swar_order_inputs(const struct tg_fully_connected_swar *layer, const int8_t *in,
                                             uint32_t *starts, int8_t *to)
{
    const uint16_t *order = layer->order;

    for (int32_t b = layer->blocks; b > 0; b--) {
        const uint16_t *const end = order + layer->block;
        uint32_t sum = 0;

        for (; order != end; order += 2) {
            const int8_t first = in[order[0]];
            const int8_t second = in[order[1]];

            to[0] = first;
            to[1] = second;
            to += 2;
            sum += (uint32_t)(first + second);
        }
        *starts++ = 0x8000u - TG_SWAR_EXCESS * sum;
    }
}

TG_INLINE void tg_fully_connected_swar_rows(const struct tg_fully_connected_swar *layer, const int8_t *in,
                                            int8_t *out, void *scratch, tg_swar_dense_function *run)
{
    const struct tg_swar_output *const output = &layer->output;
    uint32_t *const starts = (uint32_t *)scratch;
    int8_t *const inputs = (int8_t *)(starts + layer->blocks);
    struct tg_swar_dense dense;

    dense.inputs = inputs;
    dense.starts = starts;
    dense.weights = layer->weights;
    dense.output = output;
    dense.channel_count = layer->channels;
    dense.block = layer->block;
    dense.blocks = layer->blocks;
    for (int32_t row = layer->rows; row > 0; row--) {
        tg_swar_order_inputs(layer, in, starts, inputs);
        dense.out = out;
        run(&dense);
        if (output->clamps) {
            tg_swar_clamp(output, out, layer->channels);
        }
        in += layer->depth;
        out += layer->channels;
    }
}

#endif
