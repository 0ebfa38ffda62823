/* See tg_depthwise_lanes_v6m.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_lanes_v6m.h"
#include "tg_depthwise_3x3_lanes_v6m.h"
#include "tg_depthwise_lines_v6m.h"
#include "tg_requantize_line_s8_v6m.h"
#include "tg_rows.h"

enum { TAPS = 9, KERNEL_ROWS = 3 };

/* Where rows come from and go to: tensors (in, out) or, where `rows` is given, pointers to rows. */
struct io {
    const int8_t *in;
    int8_t *out;
    const int8_t *const *rows;
    int8_t *const *out_rows;
    int32_t row_count;
};

/* One output channel. */
struct channel {
    int32_t in;
    int32_t out;
    const int32_t *record;
};

/* Lines, and the pass over them; both in scratch. */
struct room {
    struct tg_pass_v6m *pass;
    int32_t *lines;
};

/* Words of padding in all lines; those that cells change are written again and again. */
static void clear_lines(const struct tg_depthwise_lanes_v6m *layer, const struct room *room, int32_t count)
{
    const uint32_t padding = (uint32_t)(int32_t)layer->in_zero_point;
    const int32_t word = (int32_t)(padding + (padding << 16));

    for (int32_t i = 0; i < count * layer->line_words; i++) {
        room->lines[i] = word;
    }
}

/* `count` lines from line `first` on, of rows that lie `row_bytes` apart. */
static struct tg_lines_v6m lines_at(const struct tg_depthwise_lanes_v6m *layer, const struct room *room,
                                    const int8_t *cells, int32_t row_bytes, int32_t first, int32_t count)
{
    const struct tg_window *w = &layer->window;
    struct tg_lines_v6m lines;

    lines.cells = cells;
    lines.line = room->lines + first * layer->line_words + layer->lead_words + w->pad_left - w->stride_width;
    lines.step = layer->in_channels;
    lines.padding = layer->in_zero_point;
    lines.stride = w->stride_width;
    lines.count = w->in_width;
    lines.row_bytes = row_bytes;
    lines.line_bytes = 4 * layer->line_words;
    lines.lines = count;
    return lines;
}

/* Makes these lines of one channel. */
static void make_lines(const struct tg_depthwise_lanes_v6m *layer, const struct room *room, const int8_t *cells,
                       int32_t row_bytes, int32_t first, int32_t count)
{
    struct tg_lines_v6m lines = lines_at(layer, room, cells, row_bytes, first, count);

    tg_depthwise_lines_v6m(&lines);
}

/* Makes the lines first .. end of one channel from the rows of the call from row + first on. Where no pass writes over
 * lines of padding, those that are there stay. */
static void take_rows(const struct tg_depthwise_lanes_v6m *layer, const struct io *io, const struct room *room,
                      int32_t in_channel, int32_t first, int32_t end, int32_t row)
{
    const struct tg_window *w = &layer->window;
    const int32_t row_bytes = w->in_width * layer->in_channels;
    int32_t next;

    for (; first < end; first = next) {
        const int32_t y = row + first - w->pad_top;

        next = first + 1;
        if (io->rows) {
            make_lines(layer, room, io->rows[row + first] + in_channel, 0, first, 1);
        } else if (y >= 0 && y < w->in_height) {
            next = end - first < w->in_height - y ? end : first + w->in_height - y;
            make_lines(layer, room, io->in + y * row_bytes + in_channel, row_bytes, first, next - first);
        } else if (io->row_count > layer->pass_rows) {
            make_lines(layer, room, layer->pad_row + in_channel, 0, first, 1);
        }
    }
}

/* Requantizes the sums of `count` output rows from row `first` on. */
static void finish(const struct tg_depthwise_lanes_v6m *layer, const struct io *io, const struct room *room,
                   const struct channel *channel, int32_t first, int32_t count)
{
    const int32_t step = layer->in_channels * layer->channel_multiplier;
    const int32_t width = layer->window.out_width;
    struct tg_narrow_line_v6m line;

    line.sums = room->pass->sums;
    line.out_step = step;
    if (!io->rows) {
        line.out = io->out + first * width * step + channel->out;
        line.sums_end = line.sums + count * width;
        tg_requantize_line_s8_v6m(&layer->narrow, channel->record, &line);
        return;
    }
    for (int32_t i = first; i < first + count; i++) {
        line.out = io->out_rows[i] + channel->out;
        line.sums_end = line.sums + width;
        tg_requantize_line_s8_v6m(&layer->narrow, channel->record, &line);
        line.sums = line.sums_end;
    }
}

struct words {
    int32_t word[4];
};

/* Moves `count` lines to the front, four words at once. */
static void keep_lines(const struct tg_depthwise_lanes_v6m *layer, const struct room *room, int32_t first,
                       int32_t count)
{
    const struct words *from = (const struct words *)(room->lines + first * layer->line_words);
    struct words *to = (struct words *)room->lines;
    struct words *const end = to + count * layer->line_words / 4;

    while (to != end) {
        *to++ = *from++;
    }
}

/* One output channel in all output rows. */
static void compute_channel(const struct tg_depthwise_lanes_v6m *layer, const struct io *io,
                            const struct room *room, const struct channel *channel)
{
    const struct tg_window *w = &layer->window;
    const int32_t stride = w->stride_height;
    const int32_t shared = stride < KERNEL_ROWS ? KERNEL_ROWS - stride : 0; /* lines of two rows of outputs */
    int32_t ready = 0;

    for (int32_t oy = 0; oy < io->row_count; oy += layer->pass_rows) {
        const int32_t left = io->row_count - oy;
        const int32_t count = left < layer->pass_rows ? left : layer->pass_rows;
        const int32_t lines = (count - 1) * stride + KERNEL_ROWS;

        take_rows(layer, io, room, channel->in, ready, lines, oy * stride);
        room->pass->sums_end = room->pass->sums
                             + ((count - 1) * room->pass->row_bytes + room->pass->pairs_bytes) / 4;
        tg_depthwise_3x3_lanes_v6m(room->pass);
        finish(layer, io, room, channel, oy, count);
        ready = shared;
        if (left > count) {
            keep_lines(layer, room, count * stride, shared);
        }
    }
}

static struct room room_in(const struct tg_depthwise_lanes_v6m *layer, void *scratch)
{
    const struct tg_window *w = &layer->window;
    const int32_t lines = (layer->pass_rows - 1) * w->stride_height + KERNEL_ROWS;
    const int32_t pairs = (w->out_width + 1) / 2;
    struct room room;
    struct tg_pass_v6m *pass = (struct tg_pass_v6m *)scratch;

    room.pass = pass;
    room.lines = (int32_t *)scratch + TG_PASS_V6M_WORDS;
    clear_lines(layer, &room, lines);
    pass->lines = room.lines + layer->lead_words;
    pass->line_bytes = layer->line_words * 4;
    pass->row_advance = w->stride_height * pass->line_bytes - pairs * 8 * w->stride_width;
    pass->sums = room.lines + lines * layer->line_words;
    pass->pairs_bytes = pairs * 8;
    pass->row_bytes = w->out_width * 4;
    return room;
}

/* The weights of an output channel. */
static void take_weights(const struct tg_depthwise_lanes_v6m *layer, struct tg_pass_v6m *pass, int32_t channel)
{
    const int8_t *const weights = layer->weights + channel * TAPS;

    for (int32_t i = 0; i < TAPS; i++) {
        pass->weights[i] = weights[i];
    }
    pass->loop = layer->window.stride_width - 1 + (layer->blocks[channel] == 2 ? 2 : 0);
}

static void compute_in_passes(const struct tg_depthwise_lanes_v6m *layer, const struct io *io, const struct room *room)
{
    struct channel channel = {0, 0, layer->narrow.records};

    for (; channel.in < layer->in_channels; channel.in++) {
        for (int32_t m = 0; m < layer->channel_multiplier; m++) {
            take_weights(layer, room->pass, channel.out);
            compute_channel(layer, io, room, &channel);
            channel.record += layer->narrow.record_words;
            channel.out++;
        }
    }
}

/* Where one pass is all: channels differ in addresses only. */
static void compute_at_once(const struct tg_depthwise_lanes_v6m *layer, const struct io *io, const struct room *room)
{
    const struct tg_window *w = &layer->window;
    const int32_t needed = (w->out_height - 1) * w->stride_height + KERNEL_ROWS - w->pad_top;
    const int32_t row_bytes = w->in_width * layer->in_channels;
    struct tg_pass_v6m *const pass = room->pass;
    struct tg_lines_v6m lines =
        lines_at(layer, room, io->in, row_bytes, w->pad_top, needed < w->in_height ? needed : w->in_height);
    struct tg_narrow_line_v6m line;
    const int32_t *record = layer->narrow.records;
    int32_t channel = 0;

    pass->sums_end = pass->sums + ((w->out_height - 1) * pass->row_bytes + pass->pairs_bytes) / 4;
    line.sums = pass->sums;
    line.sums_end = line.sums + w->out_height * w->out_width;
    line.out = io->out;
    line.out_step = layer->in_channels * layer->channel_multiplier;
    for (int32_t left = layer->in_channels; left > 0; left--) {
        struct tg_lines_v6m own = lines;

        if (lines.lines > 0) {
            tg_depthwise_lines_v6m(&own);
        }
        lines.cells++;
        for (int32_t m = 0; m < layer->channel_multiplier; m++) {
            take_weights(layer, pass, channel++);
            tg_depthwise_3x3_lanes_v6m(pass);
            tg_requantize_line_s8_v6m(&layer->narrow, record, &line);
            record += layer->narrow.record_words;
            line.out++;
        }
    }
}

static void compute(const struct tg_depthwise_lanes_v6m *layer, const struct io *io, void *scratch)
{
    const struct room room = room_in(layer, scratch);

    if (io->rows == 0 && io->row_count <= layer->pass_rows) {
        compute_at_once(layer, io, &room);
    } else {
        compute_in_passes(layer, io, &room);
    }
}

TG_KERNEL void tg_depthwise_lanes_s8_v6m_rows(const struct tg_depthwise_lanes_v6m *layer,
                                              const int8_t *const *rows, int8_t *const *out, int32_t row_count,
                                              void *scratch)
{
    const struct io io = {0, 0, rows, out, row_count};

    compute(layer, &io, scratch);
}

TG_KERNEL void tg_depthwise_lanes_s8_v6m(const struct tg_depthwise_lanes_v6m *layer, const int8_t *in, int8_t *out,
                                         void *scratch)
{
    const struct io io = {in, out, 0, 0, layer->window.out_height};

    compute(layer, &io, scratch);
}
