/* See tg_fully_connected_lanes_v6m.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_fully_connected_lanes_v6m.h"

TG_KERNEL void tg_fully_connected_lanes_s8_v6m(const struct tg_fully_connected_lanes_v6m *layer, const int8_t *in,
                                               int8_t *out, void *scratch)
{
    const struct tg_lanes_v6m *lanes = &layer->lanes;
    int32_t *const x = (int32_t *)scratch;
    int32_t *const x_end = x + ((lanes->words + 3) & ~3);

    for (int32_t row = 0; row < layer->rows; row++) {
        tg_lanes_gather_v6m(in, lanes->offsets, x, x_end);
        tg_lanes_multiply_v6m(lanes, lanes->weights, x, x_end);
        tg_requantize_narrow_s8_v6m(&layer->narrow, layer->narrow.records, x_end, out, out + layer->channels);
        in += layer->depth;
        out += layer->channels;
    }
}
