/* See tg_curves.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_curves.h"

static int32_t on_curve(const int32_t *p, const int32_t *v, int32_t count, int32_t x)
{
    int32_t first;
    int64_t part;

    if (x <= p[0]) {
        return v[0];
    }
    if (x >= p[count - 1]) {
        return v[count - 1];
    }
    first = tg_line_of(p, count, x);
    part = (int64_t)x - p[first];
    return v[first] + (int32_t)((v[first + 1] - v[first]) * part / ((int64_t)p[first + 1] - p[first]));
}

TG_KERNEL void tg_curves_s32_wide(const struct tg_curves *layer, const int32_t *in, int32_t *out)
{
    const int32_t *positions = layer->positions;
    const int32_t *values = (const int32_t *)layer->values;

    for (int32_t k = 0; k < layer->count; k++) {
        const int32_t count = layer->counts[k];

        out[k] = on_curve(positions, values, count, in[k]);
        positions += count;
        values += count;
    }
}
