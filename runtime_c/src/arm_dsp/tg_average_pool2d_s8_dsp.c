/* Average pooling for the DSP extension. See tg_pool2d.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_pool2d_quads.h"

/* Cells whose sum fits in an int16. */
#define CELLS_TOGETHER 256

/* int16 sums of channels 0 and 2, and of channels 1 and 3. */
struct halves {
    uint32_t even;
    uint32_t odd;
};

/* Adds `count` cells. */
TG_INLINE struct halves add_cells(struct halves sums, const int8_t *x, int32_t count, int32_t step)
{
    for (; count >= 4; count -= 4) {
        const uint32_t a = tg_load_quad(x);
        const uint32_t b = tg_load_quad(x + step);
        const uint32_t c = tg_load_quad(x + 2 * step);
        const uint32_t d = tg_load_quad(x + 3 * step);

        tg_keep_loads_here(); /* loads in a row take a cycle each */
        sums.even = tg_sxtab16(tg_sxtab16(tg_sxtab16(tg_sxtab16(sums.even, a), b), c), d);
        sums.odd = tg_sxtab16_ror8(tg_sxtab16_ror8(tg_sxtab16_ror8(tg_sxtab16_ror8(sums.odd, a), b), c), d);
        x += 4 * step;
    }
    for (; count > 0; count--) {
        const uint32_t a = tg_load_quad(x);

        sums.even = tg_sxtab16(sums.even, a);
        sums.odd = tg_sxtab16_ror8(sums.odd, a);
        x += step;
    }
    return sums;
}

/* Moves int16 sums to int32 ones. */
TG_INLINE struct halves empty(struct halves from, struct tg_pool_four *to)
{
    const struct halves none = {0, 0};

    to->a += (int16_t)(from.even & 0xFFFFu);
    to->b += (int16_t)(from.odd & 0xFFFFu);
    to->c += (int16_t)(from.even >> 16);
    to->d += (int16_t)(from.odd >> 16);
    return none;
}

/* Four channels of all cells. Returns the number of cells. */
TG_INLINE int32_t add_quad(const struct tg_cells *cells, int32_t channel, struct tg_pool_four *sums)
{
    struct halves halves = {0, 0};
    int32_t room = CELLS_TOGETHER;
    int32_t count = 0;

    for (int32_t i = 0; i < cells->row_count; i++) {
        const int8_t *x = tg_pool_row(cells, i, channel);
        int32_t left = x ? cells->width : 0;

        count += left;
        while (left > room) {
            halves = empty(add_cells(halves, x, room, cells->step), sums);
            x += room * cells->step;
            left -= room;
            room = CELLS_TOGETHER;
        }
        halves = add_cells(halves, x, left, cells->step);
        room -= left;
    }
    empty(halves, sums);
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
