/* See tg_conv2d_lanes_v6m.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_lanes_v6m.h"

#define LAYER struct tg_conv2d_lanes_v6m
#include "tg_conv2d_gathered_core_v6m.h"

TG_INLINE int32_t words_of(const LAYER *layer)
{
    return (layer->lanes.words + 3) & ~3;
}

TG_INLINE int32_t sums_of(const LAYER *layer)
{
    return layer->lanes.channels;
}

static void compute_pixels(const LAYER *layer, const struct room *room, const int8_t *cells, int32_t step,
                           int32_t group, int8_t *out)
{
    const struct tg_lanes_v6m *lanes = &layer->lanes;
    const struct tg_narrow_v6m *narrow = &layer->narrow;
    const int32_t per_group = layer->out_channels / layer->groups;
    const int16_t *const offsets = lanes->offsets + group * (room->x_end - room->x);
    const int32_t *const weights = lanes->weights + group * (lanes->channels / 2 * lanes->words);
    const int32_t *const records = narrow->records + group * per_group * narrow->record_words;

    for (int32_t left = layer->window.out_width; left > 0; left--) {
        tg_lanes_gather_v6m(cells, offsets, room->x, room->x_end);
        tg_lanes_multiply_v6m(lanes, weights, room->x, room->sums);
        tg_requantize_narrow_s8_v6m(narrow, records, room->sums, out, out + per_group);
        cells += step;
        out += layer->out_channels;
    }
}

TG_KERNEL void tg_conv2d_lanes_s8_v6m_rows(const struct tg_conv2d_lanes_v6m *layer, const int8_t *const *rows,
                                           int8_t *const *out, int32_t row_count, void *scratch)
{
    compute_rows(layer, rows, out, row_count, scratch);
}

TG_KERNEL void tg_conv2d_lanes_s8_v6m(const struct tg_conv2d_lanes_v6m *layer, const int8_t *in, int8_t *out,
                                      void *scratch)
{
    compute_whole(layer, in, out, scratch);
}
