/* See tg_curves.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_curves.h"

/* The value of a line that starts at p[0], at x >= p[0]. */
static int32_t on_line(const int32_t *p, const int16_t *v, int32_t x)
{
    uint32_t width = (uint32_t)p[1] - (uint32_t)p[0];
    uint32_t part = (uint32_t)x - (uint32_t)p[0];

    while (width > 0x7FFFu) {
        width >>= 1;
        part >>= 1;
    }
    return v[0] + (v[1] - v[0]) * (int32_t)part / (int32_t)width;
}

static int32_t on_curve(const int32_t *p, const int16_t *v, int32_t count, int32_t x)
{
    int32_t first;

    if (x <= p[0]) {
        return v[0];
    }
    if (x >= p[count - 1]) {
        return v[count - 1];
    }
    first = tg_line_of(p, count, x);
    return on_line(p + first, v + first, x);
}

TG_KERNEL void tg_curves_s32(const struct tg_curves *layer, const int32_t *in, int16_t *out)
{
    const int32_t *positions = layer->positions;
    const int16_t *values = (const int16_t *)layer->values;

    for (int32_t k = 0; k < layer->count; k++) {
        const int32_t count = layer->counts[k];

        out[k] = (int16_t)on_curve(positions, values, count, in[k]);
        positions += count;
        values += count;
    }
}
