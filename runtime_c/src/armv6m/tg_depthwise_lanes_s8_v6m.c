/* See tg_depthwise_lanes_v6m.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_lanes_v6m.h"
#include "tg_depthwise_3x3_lanes_v6m.h"
#include "tg_depthwise_line_v6m.h"
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

/* Input row i of the call, counted from the first row under the first window. */
static const int8_t *input_row(const struct tg_depthwise_lanes_v6m *layer, const struct io *io, int32_t i)
{
    const int32_t y = i - layer->window.pad_top;

    if (io->rows) {
        return io->rows[i];
    }
    return y >= 0 && y < layer->window.in_height ? io->in + y * layer->window.in_width * layer->in_channels
                                                 : layer->pad_row;
}

/* Words of padding in all lines; those that cells change are written again and again. */
static void clear_lines(const struct tg_depthwise_lanes_v6m *layer, const struct room *room, int32_t count)
{
    const uint32_t padding = (uint32_t)(int32_t)layer->in_zero_point;
    const int32_t word = (int32_t)(padding + (padding << 16));

    for (int32_t i = 0; i < count * layer->line_words; i++) {
        room->lines[i] = word;
    }
}

/* Makes the lines first .. end of one channel from the rows first_row .. */
static void make_lines(const struct tg_depthwise_lanes_v6m *layer, const struct io *io, const struct room *room,
                       int32_t in_channel, int32_t first, int32_t end, int32_t first_row)
{
    const struct tg_window *w = &layer->window;
    const struct tg_line_v6m shape = {w->in_width, layer->in_zero_point, w->stride_width};
    int32_t *line = room->lines + first * layer->line_words + layer->lead_words + w->pad_left - w->stride_width;

    for (int32_t i = first; i < end; i++) {
        tg_depthwise_line_v6m(&shape, input_row(layer, io, first_row) + in_channel, layer->in_channels, line);
        first_row++;
        line += layer->line_words;
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

        make_lines(layer, io, room, channel->in, ready, lines, oy * stride + ready);
        room->pass->sums_end = room->pass->sums
                             + ((count - 1) * room->pass->row_bytes + room->pass->pairs_bytes) / 4;
        tg_depthwise_3x3_lanes_v6m(room->pass);
        finish(layer, io, room, channel, oy, count);
        ready = shared;
        keep_lines(layer, room, count * stride, shared);
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

static void compute(const struct tg_depthwise_lanes_v6m *layer, const struct io *io, void *scratch)
{
    const struct room room = room_in(layer, scratch);
    const int32_t multiplier = layer->channel_multiplier;
    const int32_t channels = layer->in_channels * multiplier;
    struct channel channel = {0, 0, layer->narrow.records};
    int32_t with_next = multiplier; /* output channels up to the next input channel */

    for (; channel.out < channels; channel.out++) {
        const int8_t *const weights = layer->weights + channel.out * TAPS;

        for (int32_t i = 0; i < TAPS; i++) {
            room.pass->weights[i] = weights[i];
        }
        room.pass->loop = layer->window.stride_width - 1 + (layer->blocks[channel.out] == 2 ? 2 : 0);
        compute_channel(layer, io, &room, &channel);
        channel.record += layer->narrow.record_words;
        if (--with_next == 0) {
            with_next = multiplier;
            channel.in++;
        }
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
