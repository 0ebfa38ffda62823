/* See tg_fully_connected_quads_v6m.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_fully_connected_quads_v6m.h"
#include "tg_fixedpoint.h"

/* One input in each word, every block after what it begins with; returns the end. */
static int32_t *spread(const struct tg_quads_v6m *quads, const int8_t *in, int32_t *x)
{
    const int16_t *offset = quads->offsets;

    for (int32_t block = 0; block < quads->blocks; block++) {
        const int16_t *const end = offset + quads->size;
        int32_t *const start = x++;
        int32_t sum = 0;

        do {
            const int32_t value = in[*offset++];

            *x++ = value;
            sum += value;
        } while (offset != end);
        *start = tg_wrap_int32(0x8000u - 0x00800080u * (uint32_t)sum);
    }
    return x;
}

TG_KERNEL void tg_fully_connected_quads_s8_v6m(const struct tg_fully_connected_quads_v6m *layer, const int8_t *in,
                                               int8_t *out, void *scratch)
{
    int32_t *const x = (int32_t *)scratch;

    for (int32_t row = 0; row < layer->rows; row++) {
        int32_t *const sums = spread(&layer->quads, in, x);

        tg_quads_multiply_v6m(&layer->quads, x, sums);
        tg_requantize_narrow_s8_v6m(&layer->narrow, layer->narrow.records, sums, out, out + layer->channels);
        in += layer->depth;
        out += layer->channels;
    }
}
