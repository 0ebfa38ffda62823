/* The portable fully connected layer, compiled once per arithmetic. See tg_fully_connected.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_FULLY_CONNECTED_CORE_H
#define TG_FULLY_CONNECTED_CORE_H

#include "tg_dense_core.h"
#include "tg_fully_connected.h"

TG_INLINE struct tg_dense tg_fully_connected_dense(const struct tg_fully_connected *layer)
{
    struct tg_dense dense;

    dense.weights = layer->weights;
    dense.bias = layer->bias;
    dense.depth = layer->depth;
    dense.first_channel = 0;
    dense.channels = layer->channels;
    return dense;
}

TG_INLINE void tg_fully_connected_whole(const struct tg_fully_connected *layer, const int8_t *in, int8_t *out,
                                        enum tg_arithmetic arithmetic)
{
    const struct tg_dense dense = tg_fully_connected_dense(layer);

    for (int32_t row = 0; row < layer->rows; row++) {
        tg_dense_one(&dense, &layer->requantization, in, 0, out, arithmetic);
        in += layer->depth;
        out += layer->channels;
    }
}

/* sum x * (w - z) = sum x * w - z * sum x: one more sum for all channels. */
TG_INLINE void tg_fully_connected_asymmetric_whole(const struct tg_fully_connected *layer, const int8_t *in,
                                                   int8_t *out, enum tg_arithmetic arithmetic)
{
    const struct tg_dense dense = tg_fully_connected_dense(layer);

    for (int32_t row = 0; row < layer->rows; row++) {
        int32_t sum = 0;

        for (int32_t k = 0; k < layer->depth; k++) {
            sum += in[k];
        }
        tg_dense_one(&dense, &layer->requantization, in, -layer->weights_zero_point * sum, out, arithmetic);
        in += layer->depth;
        out += layer->channels;
    }
}

#endif
