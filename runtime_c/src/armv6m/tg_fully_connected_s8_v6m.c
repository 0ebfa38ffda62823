/* Fully connected layer with symmetric weights for Armv6-M. See tg_fully_connected.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_dense_one_s8_v6m.h"
#include "tg_fully_connected.h"

TG_KERNEL void tg_fully_connected_s8_v6m(const struct tg_fully_connected *layer, const int8_t *in, int8_t *out)
{
    struct tg_dense dense;

    dense.weights = layer->weights;
    dense.requantization = &layer->requantization;
    dense.depth = layer->depth;
    dense.channels = layer->channels;
    dense.first_channel = 0;
    for (int32_t row = 0; row < layer->rows; row++) {
        tg_dense_one_s8_v6m(&dense, in, out);
        in += layer->depth;
        out += layer->channels;
    }
}
