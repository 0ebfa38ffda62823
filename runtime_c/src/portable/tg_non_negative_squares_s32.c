/* See tg_non_negative_squares.h. Many numbers stay 0: their products are left out.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_non_negative_squares.h"

/* What the numbers together take from one of them. */
static int32_t taken(int32_t count, const int32_t *overlaps, const int32_t *out)
{
    int64_t sum = (int64_t)1 << 29;

    for (int32_t l = 0; l < count; l++) {
        if (out[l] != 0) {
            sum += (int64_t)overlaps[l] * out[l];
        }
    }
    return (int32_t)(sum >> 30);
}

TG_KERNEL void tg_non_negative_squares_s32(const struct tg_non_negative_squares *layer, const int32_t *in,
                                           int32_t *out)
{
    const int32_t count = layer->count;
    int32_t changed = 1;

    for (int32_t k = 0; k < count; k++) {
        out[k] = 0;
    }
    for (int32_t sweep = 0; sweep < layer->sweeps && changed != 0; sweep++) {
        changed = 0;
        for (int32_t k = 0; k < count; k++) {
            const int32_t less = taken(count, layer->overlaps + k * count, out);
            const int32_t found = in[k] > less ? in[k] - less : 0;

            changed |= found ^ out[k];
            out[k] = found;
        }
    }
}
