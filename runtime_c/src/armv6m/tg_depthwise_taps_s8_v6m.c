/* See tg_depthwise_taps_v6m.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_taps_v6m.h"
#include "tg_depthwise_lines_v6m.h"
#include "tg_fixedpoint.h"
#include "tg_requantize_line_s8_v6m.h"
#include "tg_rows.h"
#include "tg_taps_lanes_v6m.h"

/* Where rows come from and go to: tensors (in, out) or, where `rows` is given, pointers to rows. */
struct io {
    const int8_t *in;
    int8_t *out;
    const int8_t *const *rows;
    int8_t *const *out_rows;
    int32_t row_count;
};

/* What lies in scratch, and what all channels have in common. */
struct work {
    const struct tg_depthwise_taps_v6m *layer;
    const struct io *io;
    struct tg_tap_v6m *taps; /* those of the window, then two that are nothing, to fill the last block */
    int32_t *lines;
    int32_t *sums;
    int32_t tap_count;
    int32_t ends[2]; /* taps of whole blocks of two, and of three */
    int32_t extent;
    int32_t fresh; /* lines of padding are there for all channels: no pass writes over them */
};

static void clear_words(int32_t *to, int32_t count, int32_t padding)
{
    const int32_t word = tg_wrap_int32((uint32_t)padding + ((uint32_t)padding << 16));

    for (int32_t *const end = to + count; to != end; to++) {
        *to = word;
    }
}

/* The same as tg_depthwise_lines_v6m for any stride, and one line. */
static void make_line(const struct tg_lines_v6m *shape)
{
    const int8_t *const cells = shape->cells;
    int32_t *line = shape->line;

    for (int32_t j = -shape->stride; j < shape->count; j++) {
        const int32_t next = j + shape->stride;
        const int32_t low = j < 0 ? shape->padding : cells[j * shape->step];
        const int32_t high = next < shape->count ? cells[next * shape->step] : shape->padding;

        *line++ = tg_wrap_int32((uint32_t)low + ((uint32_t)high << 16));
    }
}

/* `count` lines from line `first` on, of input rows that lie one behind the other. */
static struct tg_lines_v6m lines_at(const struct work *work, const int8_t *cells, int32_t first, int32_t count)
{
    const struct tg_depthwise_taps_v6m *layer = work->layer;
    const struct tg_window *w = &layer->window;
    struct tg_lines_v6m lines;

    lines.cells = cells;
    lines.line = work->lines + first * layer->line_words + layer->lead_words + w->pad_left - w->stride_width;
    lines.step = layer->in_channels;
    lines.padding = layer->in_zero_point;
    lines.stride = w->stride_width;
    lines.count = w->in_width;
    lines.row_bytes = w->in_width * layer->in_channels;
    lines.line_bytes = 4 * layer->line_words;
    lines.lines = count;
    return lines;
}

/* Makes these lines of one channel; null: from padding. */
static void make_lines(const struct work *work, const int8_t *cells, int32_t first, int32_t count)
{
    const struct tg_depthwise_taps_v6m *layer = work->layer;
    struct tg_lines_v6m lines;

    if (cells == 0) {
        if (!work->fresh) {
            clear_words(work->lines + first * layer->line_words, count * layer->line_words, layer->in_zero_point);
        }
        return;
    }
    lines = lines_at(work, cells, first, count);
    if (layer->window.stride_width <= 2) {
        tg_depthwise_lines_v6m(&lines);
        return;
    }
    for (; count > 0; count--) {
        make_line(&lines);
        lines.cells += lines.row_bytes;
        lines.line += layer->line_words;
    }
}

/* Makes the lines first .. end of one channel from the rows of the call from row + first on. */
static void take_rows(const struct work *work, int32_t in_channel, int32_t first, int32_t end, int32_t row)
{
    const struct tg_window *w = &work->layer->window;
    const struct io *io = work->io;
    int32_t next;

    for (; first < end; first = next) {
        const int32_t y = row + first - w->pad_top;

        next = first + 1;
        if (io->rows) {
            const int8_t *const in = io->rows[row + first];
            make_lines(work, in ? in + in_channel : 0, first, 1);
        } else if (y < 0 || y >= w->in_height) {
            make_lines(work, 0, first, 1);
        } else {
            next = end - first < w->in_height - y ? end : first + w->in_height - y;
            make_lines(work, io->in + y * w->in_width * work->layer->in_channels + in_channel, first, next - first);
        }
    }
}

/* Moves `count` lines to the front. */
static void keep_lines(const struct work *work, int32_t first, int32_t count)
{
    const int32_t *from = work->lines + first * work->layer->line_words;
    int32_t *to = work->lines;

    for (int32_t *const end = to + count * work->layer->line_words; to != end; to += 4) {
        to[0] = from[0];
        to[1] = from[1];
        to[2] = from[2];
        to[3] = from[3];
        from += 4;
    }
}

/* The pass over `count` output rows, one row after the other, of any channel; the taps' end is missing. */
static struct tg_taps_pass_v6m pass_over(const struct work *work, int32_t count)
{
    const struct tg_depthwise_taps_v6m *layer = work->layer;
    const struct tg_window *w = &layer->window;
    const int32_t pairs = (w->out_width + 1) / 2;
    struct tg_taps_pass_v6m pass;

    pass.taps = work->taps;
    pass.taps_end = NULL;
    pass.pair = work->lines + layer->lead_words;
    pass.pair_bytes = 8 * w->stride_width;
    pass.sums = work->sums;
    pass.pairs_bytes = 8 * pairs;
    pass.unkept = 8 * pairs - 4 * w->out_width;
    pass.row_advance = 4 * w->stride_height * layer->line_words - pairs * pass.pair_bytes;
    pass.sums_end = work->sums + (count - 1) * w->out_width + 2 * pairs;
    return pass;
}

/* The sums of an output channel. */
static void sum_rows(const struct work *work, struct tg_taps_pass_v6m *pass, int32_t channel)
{
    const int32_t size = work->layer->blocks[channel];

    pass->taps_end = work->taps + work->ends[size - 2];
    if (size == 3) {
        tg_taps_lanes_v6m_threes(pass);
    } else {
        tg_taps_lanes_v6m_twos(pass);
    }
}

/* Requantizes the sums of `count` output rows from row `first` on. */
static void finish(const struct work *work, int32_t channel, const int32_t *record, int32_t first, int32_t count)
{
    const struct tg_depthwise_taps_v6m *layer = work->layer;
    const struct io *io = work->io;
    const int32_t step = layer->in_channels * layer->channel_multiplier;
    const int32_t width = layer->window.out_width;
    struct tg_narrow_line_v6m line;

    line.sums = work->sums;
    line.out_step = step;
    if (!io->rows) {
        line.out = io->out + first * width * step + channel;
        line.sums_end = line.sums + count * width;
        tg_requantize_line_s8_v6m(&layer->narrow, record, &line);
        return;
    }
    for (int32_t i = first; i < first + count; i++) {
        line.out = io->out_rows[i] + channel;
        line.sums_end = line.sums + width;
        tg_requantize_line_s8_v6m(&layer->narrow, record, &line);
        line.sums = line.sums_end;
    }
}

/* One output channel in all output rows; lines of its input channel may be there already. */
static void compute_channel(const struct work *work, int32_t in_channel, int32_t channel, const int32_t *record)
{
    const struct tg_depthwise_taps_v6m *layer = work->layer;
    const int32_t stride = layer->window.stride_height;
    const int32_t shared = stride < work->extent ? work->extent - stride : 0; /* lines of two rows of outputs */
    int32_t ready = 0;

    for (int32_t oy = 0; oy < work->io->row_count; oy += layer->pass_rows) {
        const int32_t left = work->io->row_count - oy;
        const int32_t count = left < layer->pass_rows ? left : layer->pass_rows;
        struct tg_taps_pass_v6m pass = pass_over(work, count);

        take_rows(work, in_channel, ready, (count - 1) * stride + work->extent, oy * stride);
        sum_rows(work, &pass, channel);
        finish(work, channel, record, oy, count);
        ready = shared;
        if (left > count) {
            keep_lines(work, count * stride, shared);
        }
    }
}

/* Where the taps are, and nothing behind them. */
static void place_taps(const struct work *work)
{
    const struct tg_window *w = &work->layer->window;
    struct tg_tap_v6m *tap = work->taps;

    for (int32_t ky = 0; ky < w->kernel_height; ky++) {
        for (int32_t kx = 0; kx < w->kernel_width; kx++) {
            tap->offset = 4 * (ky * w->dilation_height * work->layer->line_words + kx * w->dilation_width);
            tap++;
        }
    }
    for (int32_t i = 0; i < 2; i++) {
        tap[i].offset = 0;
        tap[i].weight = 0;
    }
}

/* The weights of an output channel. */
static void take_weights(const struct work *work, int32_t channel)
{
    struct tg_tap_v6m *const end = work->taps + work->tap_count;
    const int8_t *weight = work->layer->weights + channel * work->tap_count;

    for (struct tg_tap_v6m *tap = work->taps; tap != end; tap++) {
        tap->weight = *weight++;
    }
}

static void compute_in_passes(const struct work *work)
{
    const struct tg_depthwise_taps_v6m *layer = work->layer;
    const int32_t *record = layer->narrow.records;
    int32_t channel = 0;

    for (int32_t in_channel = 0; in_channel < layer->in_channels; in_channel++) {
        for (int32_t m = 0; m < layer->channel_multiplier; m++) {
            take_weights(work, channel);
            compute_channel(work, in_channel, channel++, record);
            record += layer->narrow.record_words;
        }
    }
}

/* Where one pass is all, with a stride of 1 or 2: channels differ in addresses only. */
static void compute_at_once(const struct work *work)
{
    const struct tg_depthwise_taps_v6m *layer = work->layer;
    const struct tg_window *w = &layer->window;
    const int32_t needed = (w->out_height - 1) * w->stride_height + work->extent - w->pad_top;
    const int32_t *record = layer->narrow.records;
    struct tg_taps_pass_v6m pass = pass_over(work, w->out_height);
    struct tg_lines_v6m lines =
        lines_at(work, work->io->in, w->pad_top, needed < w->in_height ? needed : w->in_height);
    struct tg_narrow_line_v6m line;
    int32_t channel = 0;

    line.sums = work->sums;
    line.sums_end = work->sums + w->out_height * w->out_width;
    line.out = work->io->out;
    line.out_step = layer->in_channels * layer->channel_multiplier;
    for (int32_t left = layer->in_channels; left > 0; left--) {
        struct tg_lines_v6m own = lines;

        if (lines.lines > 0) {
            tg_depthwise_lines_v6m(&own);
        }
        lines.cells++;
        for (int32_t m = 0; m < layer->channel_multiplier; m++) {
            take_weights(work, channel);
            sum_rows(work, &pass, channel++);
            tg_requantize_line_s8_v6m(&layer->narrow, record, &line);
            record += layer->narrow.record_words;
            line.out++;
        }
    }
}

static void compute(const struct tg_depthwise_taps_v6m *layer, const struct io *io, void *scratch)
{
    const struct tg_window *w = &layer->window;
    int32_t lines;
    struct work work;

    work.layer = layer;
    work.io = io;
    work.tap_count = w->kernel_height * w->kernel_width;
    work.ends[0] = (work.tap_count + 1) / 2 * 2;
    work.ends[1] = (work.tap_count + 2) / 3 * 3;
    work.extent = tg_window_extent(w);
    work.taps = (struct tg_tap_v6m *)scratch;
    work.lines = (int32_t *)scratch + 2 * (work.tap_count + 2);
    lines = (layer->pass_rows - 1) * w->stride_height + work.extent;
    work.sums = work.lines + lines * layer->line_words;
    work.fresh = io->row_count <= layer->pass_rows;
    place_taps(&work);
    clear_words(work.lines, lines * layer->line_words, layer->in_zero_point);
    if (work.fresh && io->rows == 0 && w->stride_width <= 2) {
        compute_at_once(&work);
    } else {
        compute_in_passes(&work);
    }
}

TG_KERNEL void tg_depthwise_taps_s8_v6m_rows(const struct tg_depthwise_taps_v6m *layer, const int8_t *const *rows,
                                             int8_t *const *out, int32_t row_count, void *scratch)
{
    const struct io io = {0, 0, rows, out, row_count};

    compute(layer, &io, scratch);
}

TG_KERNEL void tg_depthwise_taps_s8_v6m(const struct tg_depthwise_taps_v6m *layer, const int8_t *in, int8_t *out,
                                        void *scratch)
{
    const struct io io = {in, out, 0, 0, layer->window.out_height};

    compute(layer, &io, scratch);
}
