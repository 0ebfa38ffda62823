/* See tg_fully_connected_quads_v6m.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_fully_connected_quads_v6m.h"

TG_KERNEL void tg_fully_connected_quads_s8_v6m(const struct tg_fully_connected_quads_v6m *layer, const int8_t *in,
                                               int8_t *out, void *scratch)
{
    int32_t *const x = (int32_t *)scratch;

    for (int32_t row = 0; row < layer->rows; row++) {
        int32_t *const sums = tg_quads_gather_v6m(&layer->quads, in, x);

        tg_quads_multiply_v6m(&layer->quads, x, sums);
        tg_requantize_narrow_s8_v6m(&layer->narrow, layer->narrow.records, sums, out, out + layer->channels);
        in += layer->depth;
        out += layer->channels;
    }
}
