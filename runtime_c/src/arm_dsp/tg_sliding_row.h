/* What the sliding depthwise kernels share: the way to a row, and a column of the input. See tg_depthwise_sliding_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SLIDING_ROW_H
#define TG_SLIDING_ROW_H

#include "tg_depthwise_sliding_dsp.h"

#include "tg_assembly.h"
#include "tg_fixedpoint.h"
#include "tg_rows.h"
#include "tg_simd.h"
#include "tg_slots.h"

/* One output row. Assembly knows the offsets of the fields. */
struct tg_sliding_row {
    const int8_t *in[3];     /* input rows, from the top */
    int8_t *out;             /* output row */
    const int32_t *channels; /* as in the layer */
    int32_t channel_count;
    int32_t left;         /* columns of padding, 0 or 1 */
    int32_t loop_columns; /* of the loop: at least one; they end an output and begin another */
    int32_t right;        /* columns of padding, 0 or 1 */
};

/* As text for the assembly. */
#define TG_ROW_IN_0 "0"
#define TG_ROW_IN_1 "4"
#define TG_ROW_IN_2 "8"
#define TG_ROW_OUT "12"
#define TG_ROW_CHANNELS "16"
#define TG_ROW_CHANNEL_COUNT "20"
#define TG_ROW_LEFT "24"
#define TG_ROW_LOOP_COLUMNS "28"
#define TG_ROW_RIGHT "32"
#define TG_CHANNEL_BYTES "36"

typedef void tg_sliding_function(const struct tg_sliding_row *row);

TG_INLINE struct tg_sliding_row tg_sliding_start(const struct tg_depthwise_sliding_dsp *layer)
{
    const struct tg_window *const w = &layer->window;
    const int32_t seen = (w->out_width - 1) * w->stride_width + 3 - w->pad_left;
    struct tg_sliding_row row;

    row.channels = layer->channels;
    row.channel_count = layer->in_channels;
    row.left = w->pad_left;
    row.right = seen > w->in_width;
    row.loop_columns = w->stride_width == 1 ? w->out_width - row.right : 2 * (w->out_width - 1);
    return row;
}

TG_INLINE void tg_sliding_run(const struct tg_depthwise_sliding_dsp *layer, struct tg_sliding_row *row,
                              const int8_t *const *in, int8_t *out, tg_sliding_function *run)
{
    const int32_t bytes = layer->window.out_width * layer->in_channels;

    row->in[0] = in[0];
    row->in[1] = in[1];
    row->in[2] = in[2];
    row->out = out;
    run(row);
    if (layer->out_min != INT8_MIN || layer->out_max != INT8_MAX) {
        for (int32_t i = 0; i < bytes; i++) {
            out[i] = (int8_t)tg_clamp(out[i], layer->out_min, layer->out_max);
        }
    }
}

TG_INLINE void tg_sliding_whole(const struct tg_depthwise_sliding_dsp *layer, const int8_t *in, int8_t *out,
                                tg_sliding_function *run)
{
    const struct tg_window *const w = &layer->window;
    struct tg_sliding_row row = tg_sliding_start(layer);
    const int8_t *rows[3];

    for (int32_t y = 0; y < w->out_height; y++) {
        tg_window_rows(w, in, w->in_width * layer->in_channels, layer->pad_row, y, rows);
        tg_sliding_run(layer, &row, rows, out, run);
        out += w->out_width * layer->in_channels;
    }
}

TG_INLINE void tg_sliding_rows(const struct tg_depthwise_sliding_dsp *layer, const int8_t *const *rows,
                               int8_t *const *out, int32_t row_count, tg_sliding_function *run)
{
    struct tg_sliding_row row = tg_sliding_start(layer);
    const int32_t is_backward = rows[0] == layer->pad_row; /* see "In place" */

    for (int32_t i = 0; i < row_count; i++) {
        const int32_t y = is_backward ? row_count - 1 - i : i;

        tg_sliding_run(layer, &row, rows + y * layer->window.stride_height, out[y], run);
    }
}

#if !TG_ASSEMBLY

/* Words of a channel. */
enum { STEP_AND_LAST, LEFT, MIDDLE, RIGHT, LOWEST, MULTIPLIER, START, OFFSET, PADDING };

/* A column of a channel: rows 0 and 1, and row 2. */
struct column {
    uint32_t upper;
    uint32_t lower;
};

TG_INLINE struct column read_column(const struct tg_sliding_row *row, int32_t at)
{
    const struct column found = {
        tg_pkhbt_lsl16((uint32_t)row->in[0][at], (uint32_t)row->in[1][at]),
        (uint32_t)row->in[2][at],
    };

    return found;
}

/* Add a column to an output of which it is the left, middle or right one. */
TG_INLINE int32_t add_left(struct column x, const int32_t *channel, int32_t sum)
{
    return tg_smlabb(x.lower, (uint32_t)channel[LOWEST], tg_smlad(x.upper, (uint32_t)channel[LEFT], sum));
}

TG_INLINE int32_t add_middle(struct column x, const int32_t *channel, int32_t sum)
{
    return tg_smlabt(x.lower, (uint32_t)channel[LOWEST], tg_smlad(x.upper, (uint32_t)channel[MIDDLE], sum));
}

TG_INLINE int32_t add_right(struct column x, const int32_t *channel, int32_t sum)
{
    return tg_smlabt(x.lower, (uint32_t)channel[STEP_AND_LAST], tg_smlad(x.upper, (uint32_t)channel[RIGHT], sum));
}

/* Adds a column of padding on the right; wraps. */
TG_INLINE int32_t add_padding(const int32_t *channel, int32_t sum)
{
    return tg_wrap_int32((uint32_t)sum + (uint32_t)channel[PADDING]);
}

TG_INLINE int8_t finish(const int32_t *channel, int32_t sum)
{
    return (int8_t)tg_ssat8(tg_smmla(sum, channel[MULTIPLIER], 0) >> 8);
}

#endif

#endif
