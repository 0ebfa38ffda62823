/* See tg_planes.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_planes.h"
#include "tg_fixedpoint.h"

#define WORD_BYTES ((int32_t)sizeof(uint32_t))
#define LINE_BYTES (TG_LINE_WORDS * WORD_BYTES)

/* The way over a tensor: groups of four channels, in these passes of some rows, in these tiles of some columns. */
struct walk {
    const struct tg_depthwise_planes *layer;
    const struct tg_planes_rows *rows;
    tg_planes_compute *compute;
    uint32_t *scratch;
    int32_t channel_words;
    int32_t first_channel; /* of the planes */
    int32_t done_channels; /* those before it have their outputs */
    int32_t first_row;     /* of the pass */
    int32_t row_count;
    int32_t blocks;      /* of lines in a tile: 4 / line_planes */
    int32_t block_words; /* of a block of lines */
    /* the tile */
    uint32_t *lines;
    int32_t in_offset; /* of its first visible column in a row */
    int32_t first_word; /* where that goes in a line */
    int32_t out_offset;
    struct tg_planes_split split;
    struct tg_planes_task task;
};

static void fill_lines_with(uint32_t *to, int32_t lines, uint32_t value)
{
    uint32_t *const end = to + lines * TG_LINE_WORDS;

    for (; to != end; to += 4) {
        to[0] = value;
        to[1] = value;
        to[2] = value;
        to[3] = value;
    }
}

/* The word that lies so many bytes on. */
TG_INLINE uint32_t *words_on(uint32_t *words, int32_t bytes)
{
    return (uint32_t *)(void *)((uint8_t *)words + bytes);
}

/* Bytes from the plane of a group's first channel to that of channel `c`. */
TG_INLINE int32_t plane_offset(const struct walk *walk, int32_t c)
{
    return (c & 1) * walk->split.plane_1 + (c >> 1) * walk->split.plane_2;
}

/* The task's planes, from channel `c` of the group on. */
static void place_planes(struct walk *walk, int32_t c)
{
    const int32_t from_even = walk->split.plane_1;
    const int32_t from_odd = walk->split.plane_2 - walk->split.plane_1;

    walk->task.plane = words_on(walk->lines, plane_offset(walk, c));
    walk->task.plane_steps[0] = c & 1 ? from_odd : from_even;
    walk->task.plane_steps[1] = c & 1 ? from_even : from_odd;
}

/* As tg_planes_split_dsp, for fewer than four channels: words of four would reach beyond the tensor. */
TG_COMPACT static void split_few(const struct tg_planes_split *task)
{
    const int32_t columns = 2 * task->pairs + task->tail + task->head;

    for (int32_t i = 0; i < task->lines * task->channels; i++) {
        const int32_t y = i / task->channels;
        const int32_t c = i % task->channels;
        const int8_t *from = task->from + y * task->row_bytes + c;
        const int32_t plane = (c & 1) * task->plane_1 + (c >> 1) * task->plane_2;
        uint32_t *to = words_on(task->to + y * TG_LINE_WORDS, plane);

        for (int32_t x = task->head; x < columns + task->head; x++) {
            const uint32_t value = (uint32_t)(uint8_t)*from << (x & 1 ? 24 : 8);
            const uint32_t others = x & 1 ? 0x0000FFFFu : 0xFFFF0000u;

            to[x >> 1] = (to[x >> 1] & others) | value;
            from += task->channels;
        }
    }
}

/* The outputs of a tile. */
TG_INLINE void place_outputs(struct walk *walk, int32_t tile)
{
    const struct tg_depthwise_planes *layer = walk->layer;
    const int32_t first = tile * layer->tile_columns;
    const int32_t rest = layer->window.out_width - first;

    walk->lines = walk->scratch + tile * walk->blocks * walk->block_words;
    walk->out_offset = first * walk->task.column_step;
    walk->task.width = rest < layer->tile_columns ? rest : layer->tile_columns;
}

/* The inputs of a tile. */
TG_COMPACT static void place_inputs(struct walk *walk, int32_t tile)
{
    const struct tg_depthwise_planes *layer = walk->layer;
    const struct tg_window *w = &layer->window;
    const int32_t column = tile * layer->tile_columns * w->stride_width - w->pad_left;
    const int32_t before = column < 0 ? -column : 0; /* columns of padding, which hold it since the start */
    const int32_t stop = column + layer->tile_inputs < w->in_width ? column + layer->tile_inputs : w->in_width;
    const int32_t columns = stop - (column + before);

    walk->lines = walk->scratch + tile * walk->blocks * walk->block_words;
    walk->in_offset = columns > 0 ? (column + before) * walk->split.channels : 0;
    walk->first_word = before >> 1;
    walk->split.head = columns > 0 ? before & 1 : 0;
    walk->split.pairs = columns > 0 ? (columns - walk->split.head) >> 1 : 0;
    walk->split.tail = columns > 0 ? (columns - walk->split.head) & 1 : 0;
}

/* A line from a row of the image. */
static void split_line(struct walk *walk, const int8_t *row, int32_t line)
{
    struct tg_planes_split *split = &walk->split;

    split->from = row + walk->in_offset + walk->first_channel;
    split->to = walk->lines + line * TG_LINE_WORDS + walk->first_word;
    split->lines = 1;
    if (walk->layer->in_channels < TG_PLANES) {
        split_few(split);
    } else if (split->head + split->pairs + split->tail != 0) {
        tg_planes_split_dsp(split);
    }
}

/* With one pass for each group of channels, lines of padding stay as they were at the start. */
TG_INLINE int32_t has_passes(const struct walk *walk)
{
    return walk->layer->pass_rows < walk->rows->count;
}

TG_COMPACT static void pad_lines(const struct walk *walk, int32_t first, int32_t end)
{
    for (int32_t i = 0; first < end && i < walk->blocks; i++) {
        fill_lines_with(walk->lines + i * walk->block_words + first * TG_LINE_WORDS, end - first,
                        tg_planes_padding(walk->layer));
    }
}

/* The input row of line 0 and those below it: NULL for rows of padding. */
TG_INLINE const int8_t *input_row(const struct walk *walk, int32_t line)
{
    const struct tg_window *w = &walk->layer->window;
    const int32_t row = walk->first_row * w->stride_height + line;
    const int32_t y = row - w->pad_top;

    if (walk->rows->in_rows != NULL) {
        return walk->rows->in_rows[row];
    }
    return y < 0 || y >= w->in_height ? NULL : walk->rows->in + y * walk->split.row_bytes;
}

/* Lines first .. end - 1 of the tile. */
TG_COMPACT static void fill_lines(struct walk *walk, int32_t first, int32_t end)
{
    for (int32_t i = first; i < end; i++) {
        const int8_t *const row = input_row(walk, i);

        if (row != NULL) {
            split_line(walk, row, i);
        } else if (has_passes(walk)) {
            pad_lines(walk, i, i + 1);
        }
    }
}

/* How far the second of two output rows is from the first; 0 where that is no int32. */
TG_INLINE int32_t row_distance(int8_t *const *rows)
{
    const intptr_t distance = (intptr_t)rows[1] - (intptr_t)rows[0];

    return distance == (int32_t)distance ? (int32_t)distance : 0;
}

/* Output channels from channel `o` on. Rows behind pointers two by two: wherever these lie, one step leads from the
 * first to the second. */
TG_COMPACT static void compute_channels(struct walk *walk, int32_t o)
{
    const struct tg_planes_rows *rows = walk->rows;
    struct tg_planes_task *task = &walk->task;
    const uint32_t *plane = task->plane;
    const int32_t row_step = task->row_step;

    task->channel = walk->layer->channels + o * walk->channel_words;
    if (rows->out_rows == NULL) {
        task->rows = walk->row_count;
        task->out = rows->out + walk->first_row * task->row_step + walk->out_offset + o;
        walk->compute(task);
        return;
    }
    for (int32_t y = 0; y < walk->row_count; y += task->rows) {
        int8_t *const *out = rows->out_rows + walk->first_row + y;

        task->row_step = y + 1 < walk->row_count ? row_distance(out) : 0;
        task->rows = task->row_step == 0 ? 1 : 2;
        task->plane = plane;
        task->out = *out + walk->out_offset + o;
        walk->compute(task);
        plane += task->rows * walk->layer->window.stride_height * TG_LINE_WORDS;
    }
    task->row_step = row_step;
}

TG_INLINE void compute_tile(struct walk *walk)
{
    const int32_t multiplier = walk->layer->channel_multiplier;
    const int32_t first = walk->done_channels - walk->first_channel;
    const int32_t channels = walk->layer->in_channels < TG_PLANES ? walk->layer->in_channels : TG_PLANES;

    if (multiplier == 1) {
        walk->task.channels = channels - first;
        place_planes(walk, first);
        compute_channels(walk, walk->done_channels);
        return;
    }
    for (int32_t c = first; c < channels; c++) {
        walk->task.plane = words_on(walk->lines, plane_offset(walk, c));
        compute_channels(walk, (walk->first_channel + c) * multiplier);
    }
}

/* The last `shared` lines of the tile become the first ones of the next pass. */
static void keep_lines(const struct walk *walk, int32_t shared)
{
    const struct tg_depthwise_planes *layer = walk->layer;

    for (int32_t i = 0; i < walk->blocks; i++) {
        uint32_t *to = walk->lines + i * walk->block_words;

        tg_planes_move_dsp(to, to + layer->pass_rows * layer->window.stride_height * TG_LINE_WORDS, shared);
    }
}

/* One pass: the lines from `filled` on, then all its outputs, then the lines that the next pass reads as well. */
TG_INLINE void run_pass(struct walk *walk, int32_t filled, int32_t shared)
{
    const struct tg_depthwise_planes *layer = walk->layer;
    const int32_t stride = layer->window.stride_height;
    const int32_t end = layer->pass_lines - (layer->pass_rows - walk->row_count) * stride;

    for (int32_t tile = 0; tile < layer->tiles; tile++) {
        place_inputs(walk, tile);
        fill_lines(walk, filled, end);
    }
    for (int32_t tile = 0; tile < layer->tiles; tile++) {
        place_outputs(walk, tile);
        compute_tile(walk);
        if (shared > 0) {
            keep_lines(walk, shared);
        }
    }
}

/* All rows of one group of channels. */
TG_COMPACT static void run_group(struct walk *walk)
{
    const struct tg_depthwise_planes *layer = walk->layer;
    const int32_t common = layer->pass_lines - layer->pass_rows * layer->window.stride_height;
    int32_t filled = 0;

    walk->first_row = 0;
    for (int32_t rest = walk->rows->count; rest > 0; rest -= walk->row_count) {
        const int32_t is_last = rest <= layer->pass_rows;
        const int32_t shared = is_last || common < 0 ? 0 : common; /* with the next pass */

        walk->row_count = is_last ? rest : layer->pass_rows;
        run_pass(walk, filled, shared);
        walk->first_row += walk->row_count;
        filled = shared;
    }
}

/* Whether groups of channels differ in addresses only. */
static int32_t is_simple(const struct walk *walk)
{
    const struct tg_depthwise_planes *layer = walk->layer;

    return layer->tiles == 1 && layer->channel_multiplier == 1 && layer->in_channels >= TG_PLANES &&
           walk->rows->in_rows == NULL && walk->split.pairs != 0;
}

/* Lines first .. end - 1 where that is so; `y`: the image row of line 0. */
TG_INLINE void fill_simple(struct walk *walk, int32_t y, int32_t first, int32_t end)
{
    const int32_t begin = tg_clamp(-y, first, end);
    const int32_t stop = tg_clamp(walk->layer->window.in_height - y, begin, end);

    if (end - first != stop - begin && has_passes(walk)) {
        pad_lines(walk, first, begin);
        pad_lines(walk, stop, end);
    }
    if (begin < stop) {
        walk->split.from =
            walk->rows->in + walk->in_offset + walk->first_channel + (y + begin) * walk->split.row_bytes;
        walk->split.to = walk->lines + begin * TG_LINE_WORDS + walk->first_word;
        walk->split.lines = stop - begin;
        tg_planes_split_dsp(&walk->split);
    }
}

/* All passes of a group, where that is so. */
TG_INLINE void run_simple_group(struct walk *walk)
{
    const struct tg_depthwise_planes *layer = walk->layer;
    const int32_t stride = layer->window.stride_height;
    const int32_t pass_rows = layer->pass_rows;
    const int32_t common = layer->pass_lines - pass_rows * stride; /* lines of a pass that the next one reads */
    int32_t y = -layer->window.pad_top;
    int32_t filled = 0;

    for (int32_t rest = walk->rows->count; rest > 0; rest -= pass_rows) {
        const int32_t rows = rest < pass_rows ? rest : pass_rows;

        fill_simple(walk, y, filled, layer->pass_lines - (pass_rows - rows) * stride);
        walk->task.rows = rows;
        walk->compute(&walk->task);
        walk->task.out += pass_rows * walk->task.row_step;
        y += pass_rows * stride;
        filled = common < 0 ? 0 : common;
        if (filled > 0 && rest > pass_rows) {
            keep_lines(walk, filled);
        }
    }
}

/* The same where one pass is all; `from` is the first channel of the first row. */
TG_INLINE void run_simple_pass(struct walk *walk, const int8_t *from)
{
    walk->split.from = from + walk->first_channel;
    tg_planes_split_dsp(&walk->split);
    walk->compute(&walk->task);
}

/* All groups, where that is so. */
TG_NOINLINE static void run_simple(struct walk *walk)
{
    const struct tg_depthwise_planes *layer = walk->layer;
    const struct tg_window *w = &layer->window;
    const int32_t last = layer->in_channels - TG_PLANES;
    const int32_t is_one_pass = !has_passes(walk) && w->pad_top < layer->pass_lines;
    const int32_t begin = w->pad_top; /* the first line in the image */
    const int32_t stop = tg_clamp(begin + w->in_height, begin, layer->pass_lines);

    walk->split.to = walk->lines + begin * TG_LINE_WORDS + walk->first_word;
    walk->split.lines = stop - begin;
    walk->task.channels = TG_PLANES;
    place_planes(walk, 0);
    for (int32_t c = 0; c < layer->in_channels; c += TG_PLANES) {
        walk->first_channel = c;
        if (c > last) {
            walk->first_channel = last;
            walk->task.channels = last + TG_PLANES - c;
            place_planes(walk, c - last);
        }
        walk->task.channel = layer->channels + c * walk->channel_words;
        walk->task.out = walk->rows->out + c;
        walk->task.rows = walk->rows->count;
        if (is_one_pass) {
            run_simple_pass(walk, walk->rows->in + walk->in_offset);
        } else {
            run_simple_group(walk);
        }
    }
}

static void clamp_row(const struct tg_depthwise_planes *layer, int8_t *out, int32_t bytes)
{
    for (int32_t i = 0; i < bytes; i++) {
        out[i] = (int8_t)tg_clamp(out[i], layer->out_min, layer->out_max);
    }
}

TG_COMPACT static void clamp_rows(const struct walk *walk)
{
    const struct tg_planes_rows *rows = walk->rows;
    const struct tg_depthwise_planes *layer = walk->layer;
    const int32_t row_bytes = layer->window.out_width * layer->in_channels * layer->channel_multiplier;

    for (int32_t y = 0; y < rows->count; y++) {
        clamp_row(layer, rows->out_rows == NULL ? rows->out + y * row_bytes : rows->out_rows[y], row_bytes);
    }
}

/* Where the planes of a group are, by the channels in a line. */
static void place_blocks(struct walk *walk)
{
    const int32_t in_line = walk->layer->line_planes;
    const int32_t block_bytes = walk->block_words * WORD_BYTES;

    walk->split.plane_1 = in_line == 1 ? block_bytes : LINE_BYTES / in_line;
    walk->split.plane_2 = in_line == TG_PLANES ? LINE_BYTES / 2 : 2 / in_line * block_bytes;
}

TG_COMPACT static void begin(struct walk *walk)
{
    const struct tg_depthwise_planes *layer = walk->layer;

    walk->blocks = TG_PLANES / layer->line_planes;
    walk->block_words = layer->pass_lines * TG_LINE_WORDS;
    place_blocks(walk);
    tg_planes_place(layer, &walk->split, &walk->task);
    walk->task.channels = layer->channel_multiplier;
    walk->task.plane_steps[0] = 0;
    walk->task.plane_steps[1] = 0;
    walk->task.unpacked = (int32_t *)(void *)(walk->scratch + layer->tiles * walk->blocks * walk->block_words);
    fill_lines_with(walk->scratch, layer->tiles * walk->blocks * layer->pass_lines, tg_planes_padding(layer));
    place_inputs(walk, 0);
    place_outputs(walk, 0);
}

/* The last group of channels overlaps the one before it where their number is no multiple of 4. */
TG_KERNEL void tg_planes_run_dsp(const struct tg_depthwise_planes *layer, const struct tg_planes_rows *rows,
                                 void *scratch, int32_t channel_words, tg_planes_compute *compute)
{
    const int32_t last = layer->in_channels < TG_PLANES ? 0 : layer->in_channels - TG_PLANES;
    struct walk walk;

    walk.layer = layer;
    walk.rows = rows;
    walk.compute = compute;
    walk.scratch = (uint32_t *)scratch;
    walk.channel_words = channel_words;
    begin(&walk);
    if (is_simple(&walk)) {
        run_simple(&walk);
    } else {
        for (int32_t c = 0; c < layer->in_channels; c += TG_PLANES) {
            walk.first_channel = c < last ? c : last;
            walk.done_channels = c;
            run_group(&walk);
        }
    }
    if (layer->out_min != INT8_MIN || layer->out_max != INT8_MAX) {
        clamp_rows(&walk);
    }
}
