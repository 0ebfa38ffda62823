/* The depthwise convolution around its vectors: rows, padding, taps. See tg_depthwise_conv2d_mve.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_CONV2D_MVE_CORE_H
#define TG_DEPTHWISE_CONV2D_MVE_CORE_H

#include "tg_depthwise_conv2d_mve.h"
#include "tg_mve_assembly.h"
#include "tg_mve_c.h"
#include "tg_mve_clamp.h"
#include "tg_mve_ring.h"

/* An output row. Assembly knows the offsets of the fields. */
struct tg_mve_lanes {
    const int8_t *const *taps; /* where they are for the first output */
    const int8_t *weights;
    const int32_t *words;
    int32_t lanes; /* of a unit */
    int32_t step;  /* of the taps from one unit to the next */
    int8_t *out;
    int32_t outputs; /* of the row */
    int32_t factor;
    int32_t zero_point;
    int32_t form;
    int32_t taps_count;
    int32_t first_three; /* whether the products of three taps are added first, in 16 bits */
    int32_t miss;        /* step, less the bytes of whole vectors */
};

typedef void tg_mve_lanes_function(const struct tg_mve_lanes *lanes);

/* The C version of the vectors. */
TG_INLINE void tg_mve_lanes_c(const struct tg_mve_lanes *row)
{
    const int32_t taps = row->taps_count;
    const int32_t vectors = tg_mve_vectors(row->form);
    struct tg_mve_dense output;

    memset(&output, 0, sizeof output);
    output.factor = row->factor;
    output.zero_point = row->zero_point;
    output.form = row->form;
    for (int32_t i = 0; i < row->outputs; i++) {
        const int32_t unit = i / row->lanes;
        const int32_t lane = i % row->lanes;
        const int32_t vector = lane / TG_MVE_STEP;
        const int32_t in_vector = lane % TG_MVE_STEP;
        const int32_t quarter = vector * 4 + in_vector % 2 * 2 + in_vector / 2 % 2;
        const int8_t *w = row->weights + vector * taps * TG_MVE_STEP + in_vector;
        int32_t sum = 0;

        for (int32_t t = 0; t < taps; t++) {
            sum += w[t * TG_MVE_STEP] * row->taps[t][unit * row->step + lane];
        }
        row->out[i] = tg_mve_output(&output, sum, row->words + quarter * vectors * 4 + in_vector / 4, 4);
    }
}

/* The taps of the output row that sees the rows from `first` on. */
static TG_NOINLINE void tg_mve_find_taps(const struct tg_depthwise_conv2d_mve *layer,
                                         const struct tg_mve_ring *ring, int32_t first, const int8_t **taps)
{
    const int32_t extent = tg_window_extent(&layer->window);
    const int32_t first_slot = first % extent;
    const int32_t *at = layer->places;

    for (int32_t t = layer->taps; t > 0; t--) {
        const int32_t slot = first_slot + at[0];

        *taps++ = ring->slots + (slot < extent ? slot : slot - extent) * ring->slot_bytes + at[1];
        at += 2;
    }
}

/* The output row that sees the copied rows from `first` on. */
static TG_NOINLINE void tg_mve_depthwise_row(const struct tg_depthwise_conv2d_mve *layer,
                                             const struct tg_mve_ring *ring, int32_t first, const int8_t **taps,
                                             int8_t *out, tg_mve_lanes_function *compute)
{
    const int32_t pixel = layer->in_channels * layer->channel_multiplier;
    struct tg_mve_lanes row;

    row.taps = taps;
    row.weights = layer->weights;
    row.words = layer->words;
    row.lanes = layer->unit_pixels * pixel;
    row.step = row.lanes * layer->window.stride_width;
    row.out = out;
    row.outputs = layer->window.out_width * pixel;
    row.factor = layer->factor;
    row.zero_point = layer->zero_point;
    row.form = layer->form;
    row.taps_count = layer->taps;
    row.first_three = layer->first_three;
    row.miss = row.step - (row.lanes + TG_MVE_STEP - 1) / TG_MVE_STEP * TG_MVE_STEP;
    tg_mve_find_taps(layer, ring, first, taps);
    compute(&row);
    tg_mve_clamp(out, row.outputs, layer->out_min, layer->out_max);
}

/* Scratch: pointers to taps, then copied rows. */
static TG_NOINLINE void tg_mve_depthwise(const struct tg_depthwise_conv2d_mve *layer, const struct tg_mve_rows *rows,
                                void *scratch, tg_mve_lanes_function *compute)
{
    const struct tg_window *w = &layer->window;
    const int32_t pixel = layer->in_channels * layer->channel_multiplier;
    struct tg_mve_ring ring = {w,
                               layer->pad_row,
                               (int8_t *)scratch + layer->taps * TG_MVE_POINTER_BYTES,
                               layer->in_channels,
                               layer->channel_multiplier,
                               layer->in_zero_point,
                               tg_mve_slot_bytes(w, pixel),
                               0};

    for (int32_t y = 0; y < rows->count; y++) {
        int8_t *const out = rows->out_rows ? rows->out_rows[y] : rows->out + y * w->out_width * pixel;
        const int32_t first = tg_mve_advance(&ring, rows, y);

        tg_mve_depthwise_row(layer, &ring, first, (const int8_t **)scratch, out, compute);
    }
}

#endif
