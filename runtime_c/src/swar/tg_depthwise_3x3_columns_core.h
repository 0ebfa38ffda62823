/* Depthwise 3x3 windows for any core. See tg_depthwise_3x3_columns.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_3X3_COLUMNS_CORE_H
#define TG_DEPTHWISE_3X3_COLUMNS_CORE_H

#include "tg_depthwise_3x3_columns.h"
#include "tg_depthwise_columns.h"
#include "tg_swar_finish.h"

typedef void tg_depthwise_columns_function(const struct tg_depthwise_columns *columns);

/* Columns of a padded row. */
TG_INLINE int32_t tg_depthwise_width(const struct tg_depthwise_3x3_columns *layer)
{
    return (layer->window.out_width - 1) * layer->window.stride_width + 3;
}

/* A layer at work on one channel. */
struct tg_depthwise_task {
    struct tg_depthwise_columns columns;
    uint32_t *words; /* the pass before, and then passes */
    int32_t width;   /* columns of a pass */
    int32_t left;    /* the first ones of them, which are padding */
    int32_t inside;  /* those behind them that are not */
    int32_t in_step; /* bytes from a column to the next */
    int32_t rows_per_pass;
};

/* A column of words from the one of the pass before, *from, downwards: two more rows for each of `passes`. */
static TG_NOINLINE void tg_depthwise_fill_column(uint32_t *from, int32_t width, const int8_t *const *rows,
                                                 int32_t at, int32_t passes)
{
    const int8_t *const *const end = rows + 2 * passes;
    uint32_t word = *from;

    while (rows != end) {
        from += width;
        word = word >> 16 | (uint32_t)(uint8_t)rows[0][at] << 16 | (uint32_t)(uint8_t)rows[1][at] << 24;
        *from = word;
        rows += 2;
    }
}

/* rows[-2] and rows[-1] are those of the pass before. */
TG_INLINE void tg_depthwise_fill(const struct tg_depthwise_task *task, const int8_t *const *rows, int32_t channel,
                                 int32_t passes)
{
    uint32_t *word = task->words + task->left;

    for (int32_t i = task->inside; i > 0; i--) {
        tg_depthwise_fill_column(word++, task->width, rows, channel, passes);
        channel += task->in_step;
    }
}

/* The two rows before the first pass. */
TG_INLINE void tg_depthwise_begin(const struct tg_depthwise_task *task, const int8_t *first, const int8_t *second)
{
    uint32_t *const words = task->words + task->left;
    const int32_t step = task->in_step;
    const int32_t count = task->inside;

    for (int32_t i = 0; i < count; i++) {
        words[i] = (uint32_t)(uint8_t)*first << 16 | (uint32_t)(uint8_t)*second << 24;
        first += step;
        second += step;
    }
}

TG_INLINE void tg_depthwise_start_channel(const struct tg_depthwise_3x3_columns *layer, int32_t channel,
                                          struct tg_depthwise_columns *columns)
{
    const struct tg_swar_output *const output = &layer->output;
    const int32_t *const words = output->channels + channel * tg_swar_channel_words(output);
    const int8_t *const weights = layer->weights + 9 * channel;
    const int32_t prescale = (int32_t)1 << output->prescale;

    for (int32_t i = 0; i < 9; i++) {
        columns->weights[i] = weights[i] * prescale;
    }
    columns->channel = channel;
    columns->offset = words[0];
    columns->multiplier = words[1];
    columns->sign = output->general ? words[2] : 0;
}

TG_INLINE void tg_depthwise_start(const struct tg_depthwise_3x3_columns *layer, uint32_t *words,
                                  struct tg_depthwise_task *task)
{
    const struct tg_window *w = &layer->window;
    const int32_t width = tg_depthwise_width(layer);

    task->columns.after = layer->output.after;
    task->columns.shift = layer->output.shift;
    task->columns.general = layer->output.general;
    task->columns.words = (uint8_t *)(words + width);
    task->columns.pass_step = 4 * width;
    task->columns.column_step = 4 * w->stride_width;
    task->columns.row_bytes = w->out_width * task->columns.column_step;
    task->columns.out_step = layer->in_channels * layer->channel_multiplier;
    task->columns.is_pair = w->stride_height == 1;
    task->words = words;
    task->width = width;
    task->left = tg_clamp(w->pad_left, 0, width);
    task->inside = tg_clamp(width - task->left, 0, w->in_width);
    task->in_step = layer->in_channels;
    task->rows_per_pass = task->columns.is_pair ? 2 : 1;
    /* padding stays there */
    memset(words, layer->in_zero_point, (size_t)((layer->passes + 1) * width) * sizeof *words);
}

/* One output channel. in: the rows that `row_count` rows read, out: these, and one more if they are odd. */
TG_INLINE void tg_depthwise_channel(const struct tg_depthwise_3x3_columns *layer, struct tg_depthwise_task *task,
                                    int32_t channel, const int8_t *const *in, int8_t *const *out,
                                    int32_t row_count, tg_depthwise_columns_function *run)
{
    struct tg_depthwise_columns *const columns = &task->columns;
    const int32_t in_channel = channel / layer->channel_multiplier;
    const int32_t rows_per_pass = task->rows_per_pass;
    int32_t left = (row_count + rows_per_pass - 1) / rows_per_pass;

    tg_depthwise_begin(task, in[0] + in_channel, in[rows_per_pass - 1] + in_channel);
    in += rows_per_pass;
    while (left > 0) {
        columns->passes = left < layer->passes ? left : layer->passes;
        tg_depthwise_fill(task, in, in_channel, columns->passes);
        columns->out = out;
        run(columns);
        memcpy(task->words, task->words + columns->passes * task->width,
               (size_t)task->width * sizeof *task->words);
        in += 2 * columns->passes;
        out += rows_per_pass * columns->passes;
        left -= columns->passes;
    }
}

/* All channels; in and out are as for one. */
static TG_NOINLINE void tg_depthwise_3x3(const struct tg_depthwise_3x3_columns *layer, const int8_t *const *in,
                                         int8_t *const *out, int32_t row_count, uint32_t *words,
                                         tg_depthwise_columns_function *run)
{
    struct tg_depthwise_task task;

    tg_depthwise_start(layer, words, &task);
    for (int32_t channel = 0; channel < task.columns.out_step; channel++) {
        tg_depthwise_start_channel(layer, channel, &task.columns);
        tg_depthwise_channel(layer, &task, channel, in, out, row_count, run);
    }
    if (layer->output.clamps) {
        for (int32_t y = 0; y < row_count; y++) {
            tg_swar_clamp(&layer->output, out[y], layer->window.out_width * task.columns.out_step);
        }
    }
}

/* Input rows that row_count output rows see, and one more for an odd number of them that are computed in pairs. */
TG_INLINE int32_t tg_depthwise_in_rows(const struct tg_window *w, int32_t row_count)
{
    return (row_count - 1) * w->stride_height + 3 + (w->stride_height == 1 ? row_count & 1 : 0);
}

/* A whole tensor. `scratch`: pointers to rows of the input and of the output, then words. */
TG_INLINE void tg_depthwise_3x3_whole(const struct tg_depthwise_3x3_columns *layer, const int8_t *in, int8_t *out,
                                      void *scratch, tg_depthwise_columns_function *run)
{
    const struct tg_window *w = &layer->window;
    const int32_t in_row = w->in_width * layer->in_channels;
    const int32_t out_row = w->out_width * layer->in_channels * layer->channel_multiplier;
    const int32_t in_rows = tg_depthwise_in_rows(w, w->out_height);
    const int32_t out_rows = w->out_height + (w->out_height & 1);
    const int8_t **const from = (const int8_t **)scratch;
    int8_t **const to = (int8_t **)(from + in_rows);

    for (int32_t i = 0; i < in_rows; i++) {
        const int32_t y = i - w->pad_top;

        from[i] = y >= 0 && y < w->in_height ? in + y * in_row : layer->pad_row;
    }
    if (w->stride_height == 1 && (w->out_height & 1) != 0) {
        from[in_rows - 1] = from[in_rows - 2];
    }
    for (int32_t y = 0; y < out_rows; y++) {
        to[y] = out + (y < w->out_height ? y : w->out_height - 1) * out_row;
    }
    tg_depthwise_3x3(layer, from, to, w->out_height, (uint32_t *)(void *)(to + out_rows), run);
}

/* Rows by their pointers: an odd one at the end is a call of its own, with pointers that repeat. */
TG_INLINE void tg_depthwise_3x3_rows(const struct tg_depthwise_3x3_columns *layer, const int8_t *const *rows,
                                     int8_t *const *out, int32_t row_count, void *scratch,
                                     tg_depthwise_columns_function *run)
{
    const int32_t even = layer->window.stride_height == 1 ? row_count & ~1 : row_count;

    if (even > 0) {
        tg_depthwise_3x3(layer, rows, out, even, (uint32_t *)scratch, run);
    }
    if (even < row_count) {
        const int8_t *const last[4] = {rows[even], rows[even + 1], rows[even + 2], rows[even + 2]};
        int8_t *const to[2] = {out[even], out[even]};

        tg_depthwise_3x3(layer, last, to, 1, (uint32_t *)scratch, run);
    }
}

#endif
