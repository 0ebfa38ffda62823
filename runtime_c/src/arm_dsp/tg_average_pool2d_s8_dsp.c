/* Average pooling for the DSP extension. See tg_pool2d.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_pool2d_quads.h"

/* Cells whose sum fits in an int16. */
#define CELLS_TOGETHER 256

/* Adds `count` cells, at most CELLS_TOGETHER. */
TG_INLINE void add_cells(struct tg_pool_four *sums, const int8_t *x, int32_t count, int32_t step)
{
    uint32_t even = 0; /* channels 0 and 2 */
    uint32_t odd = 0;

    for (; count >= 4; count -= 4) {
        const uint32_t a = tg_load_quad(x);
        const uint32_t b = tg_load_quad(x + step);
        const uint32_t c = tg_load_quad(x + 2 * step);
        const uint32_t d = tg_load_quad(x + 3 * step);

        tg_keep_loads_here(); /* loads in a row take a cycle each */
        even = tg_sxtab16(tg_sxtab16(tg_sxtab16(tg_sxtab16(even, a), b), c), d);
        odd = tg_sxtab16_ror8(tg_sxtab16_ror8(tg_sxtab16_ror8(tg_sxtab16_ror8(odd, a), b), c), d);
        x += 4 * step;
    }
    for (; count > 0; count--) {
        const uint32_t a = tg_load_quad(x);

        even = tg_sxtab16(even, a);
        odd = tg_sxtab16_ror8(odd, a);
        x += step;
    }
    sums->a += (int16_t)(even & 0xFFFFu);
    sums->b += (int16_t)(odd & 0xFFFFu);
    sums->c += (int16_t)(even >> 16);
    sums->d += (int16_t)(odd >> 16);
}

/* Four channels of all cells. Returns the number of cells. */
TG_INLINE int32_t add_quad(const struct tg_cells *cells, int32_t channel, struct tg_pool_four *sums)
{
    int32_t count = 0;

    for (int32_t i = 0; i < cells->row_count; i++) {
        const int8_t *x = tg_pool_row(cells, i, channel);

        for (int32_t left = x ? cells->width : 0; left > 0; left -= CELLS_TOGETHER) {
            const int32_t now = left < CELLS_TOGETHER ? left : CELLS_TOGETHER;

            add_cells(sums, x, now, cells->step);
            x += now * cells->step;
            count += now;
        }
    }
    return count;
}

static TG_NOINLINE void one_output(const struct tg_pool2d *layer, const struct tg_cells *all, int8_t *out)
{
    const struct tg_cells cells = tg_pool_joined(all);

    if (layer->channels < TG_POOL_QUAD) {
        tg_pool_one(layer, all, out, TG_AVERAGE);
        return;
    }
    for (int32_t c = 0; c < layer->channels; c += TG_POOL_QUAD) {
        const int32_t channel = tg_pool_quad_start(layer, c);
        struct tg_pool_four sums = {0, 0, 0, 0};
        const int32_t count = add_quad(&cells, channel, &sums);

        out[channel] = tg_pool_finish(layer, sums.a, count, TG_AVERAGE);
        out[channel + 1] = tg_pool_finish(layer, sums.b, count, TG_AVERAGE);
        out[channel + 2] = tg_pool_finish(layer, sums.c, count, TG_AVERAGE);
        out[channel + 3] = tg_pool_finish(layer, sums.d, count, TG_AVERAGE);
    }
}

TG_KERNEL void tg_average_pool2d_s8_dsp_rows(const struct tg_pool2d *layer, const int8_t *const *rows,
                                             int8_t *const *out, int32_t row_count)
{
    tg_pool2d_some_rows(layer, rows, out, row_count, one_output);
}

TG_KERNEL void tg_average_pool2d_s8_dsp(const struct tg_pool2d *layer, const int8_t *in, int8_t *out)
{
    tg_pool2d_whole(layer, in, out, one_output);
}
