/* Maximum pooling for the DSP extension. See tg_pool2d.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_pool2d_quads.h"

/* Four channels of all cells. */
TG_INLINE uint32_t maximum_quad(const struct tg_cells *cells, int32_t channel)
{
    uint32_t most = 0x80808080u;

    for (int32_t i = 0; i < cells->row_count; i++) {
        const int8_t *x = tg_pool_row(cells, i, channel);

        for (int32_t left = x ? cells->width : 0; left > 0; left--) {
            most = tg_smax8(most, tg_load_quad(x));
            x += cells->step;
        }
    }
    return most;
}

/* The lowest byte. */
TG_INLINE int8_t clamped(const struct tg_pool2d *layer, uint32_t x)
{
    return (int8_t)tg_clamp((int8_t)(x & 0xFFu), layer->out_min, layer->out_max);
}

static TG_NOINLINE void one_output(const struct tg_pool2d *layer, const struct tg_cells *all, int8_t *out)
{
    const struct tg_cells cells = tg_pool_joined(all);

    if (layer->channels < TG_POOL_QUAD) {
        tg_pool_one(layer, all, out, TG_MAXIMUM);
        return;
    }
    for (int32_t c = 0; c < layer->channels; c += TG_POOL_QUAD) {
        const int32_t channel = tg_pool_quad_start(layer, c);
        const uint32_t most = maximum_quad(&cells, channel);

        out[channel] = clamped(layer, most);
        out[channel + 1] = clamped(layer, most >> 8);
        out[channel + 2] = clamped(layer, most >> 16);
        out[channel + 3] = clamped(layer, most >> 24);
    }
}

TG_KERNEL void tg_max_pool2d_s8_dsp_rows(const struct tg_pool2d *layer, const int8_t *const *rows,
                                         int8_t *const *out, int32_t row_count)
{
    tg_pool2d_some_rows(layer, rows, out, row_count, one_output);
}

TG_KERNEL void tg_max_pool2d_s8_dsp(const struct tg_pool2d *layer, const int8_t *in, int8_t *out)
{
    tg_pool2d_whole(layer, in, out, one_output);
}
