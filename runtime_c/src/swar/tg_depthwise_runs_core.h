/* The convolution around its runs: channels, rows, lines. See tg_depthwise_runs.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_RUNS_CORE_H
#define TG_DEPTHWISE_RUNS_CORE_H

#include "tg_depthwise_run.h"
#include "tg_depthwise_runs.h"
#include "tg_rows.h"
#include "tg_swar_finish.h"

typedef void tg_depthwise_run_function(const struct tg_depthwise_run *run);

/* Where rows come from and go to: tensors (in, out) or, where `rows` is given, pointers to rows. */
struct tg_runs_io {
    const int8_t *in;
    int8_t *out;
    const int8_t *const *rows;
    int8_t *const *out_rows;
    int32_t row_count;
};

/* Input row i of the call, counted from the first row under the first window. */
TG_INLINE const int8_t *tg_runs_in_row(const struct tg_depthwise_runs *layer, const struct tg_runs_io *io,
                                            int32_t i)
{
    const int32_t y = i - layer->window.pad_top;

    if (io->rows) {
        return io->rows[i];
    }
    return y >= 0 && y < layer->window.in_height ? io->in + y * layer->window.in_width * layer->in_channels
                                                 : layer->pad_row;
}

/* One channel of a row into the parts of a line, between its padding. */
static TG_NOINLINE void tg_runs_copy(const struct tg_depthwise_runs *layer, const int8_t *row, int8_t *line)
{
    const int32_t parts = layer->parts;
    const int32_t in_width = layer->window.in_width;
    const int32_t step = parts * layer->in_channels;
    int32_t part = layer->window.pad_left % parts;
    int8_t *first = line + layer->window.pad_left / parts + part * layer->part_bytes;

    for (int32_t i = 0; i < parts && i < in_width; i++) {
        const int8_t *from = row + i * layer->in_channels;
        int8_t *to = first;

        *to++ = *from;
        for (int32_t left = in_width - i - parts; left > 0; left -= parts) {
            from += step;
            *to++ = *from;
        }
        part++;
        first += layer->part_bytes;
        if (part == parts) { /* the next cell of the first part */
            part = 0;
            first += 1 - parts * layer->part_bytes;
        }
    }
}

/* All phases of a row of an output channel, whose weights and words `run` has already. */
TG_INLINE void tg_runs_phases(const struct tg_depthwise_runs *layer, struct tg_depthwise_run *run, int8_t *out,
                                   int32_t out_step, tg_depthwise_run_function *compute)
{
    const int32_t phases = layer->phases;
    int32_t rest = layer->window.out_width + phases - 1;

    run->runs = layer->runs;
    run->out_step = phases * out_step;
    for (int32_t phase = 0; phase < phases; phase++) {
        run->count = phases == 1 ? rest : rest / phases;
        run->out = out;
        if (run->count > 0) {
            compute(run);
        }
        out += out_step;
        run->runs += 2 * run->run_count;
        rest--;
    }
}

/* An input channel and its output channels, in all output rows. */
TG_INLINE void tg_runs_channel(const struct tg_depthwise_runs *layer, const struct tg_runs_io *io,
                                    int8_t **lines, int32_t in_channel, tg_depthwise_run_function *compute)
{
    const struct tg_window *const w = &layer->window;
    const int32_t extent = tg_window_extent(w);
    const int32_t multiplier = layer->channel_multiplier;
    const int32_t out_step = layer->in_channels * multiplier;
    const int32_t words = tg_swar_channel_words(&layer->output);
    const int32_t cells = w->kernel_height * w->kernel_width;
    struct tg_depthwise_run run;
    int32_t oldest = 0; /* index of the line that is replaced next */
    int32_t next = 0;   /* the row that replaces it */

    run.line_step = w->dilation_height * (int32_t)sizeof *lines;
    run.rows = w->kernel_height;
    run.run_count = layer->chains;
    run.output = &layer->output;
    for (int32_t oy = 0; oy < io->row_count; oy++) {
        const int32_t first = oy * w->stride_height;
        int8_t *out = (io->rows ? io->out_rows[oy] : io->out + oy * w->out_width * out_step) + in_channel * multiplier;

        for (next = next < first ? first : next; next < first + extent; next++) {
            tg_runs_copy(layer, tg_runs_in_row(layer, io, next) + in_channel, lines[oldest]);
            oldest = oldest + 1 == extent ? 0 : oldest + 1;
        }
        run.lines = (const int8_t *const *)lines + oldest;
        run.weights = layer->weights + in_channel * multiplier * cells;
        run.channel = layer->output.channels + in_channel * multiplier * words;
        for (int32_t m = 0; m < multiplier; m++) {
            tg_runs_phases(layer, &run, out++, out_step, compute);
            run.weights += cells;
            run.channel += words;
        }
    }
}

/* `scratch`: pointers to the lines, all of them twice, so that the lines follow each other from any one on; then the
 * lines, and what is read beyond the last one. */
static TG_NOINLINE void tg_runs_all(const struct tg_depthwise_runs *layer, const struct tg_runs_io *io,
                                              void *scratch, tg_depthwise_run_function *compute)
{
    const int32_t extent = tg_window_extent(&layer->window);
    const int32_t line_bytes = layer->parts * layer->part_bytes;
    int8_t **const lines = (int8_t **)scratch;
    int8_t *memory = (int8_t *)(lines + 2 * extent);

    memset(memory, layer->in_zero_point, (size_t)(extent * line_bytes + TG_DEPTHWISE_TOGETHER - 1));
    for (int32_t i = 0; i < extent; i++) {
        lines[i] = memory;
        lines[i + extent] = memory;
        memory += line_bytes;
    }
    for (int32_t c = 0; c < layer->in_channels; c++) {
        tg_runs_channel(layer, io, lines, c, compute);
    }
    if (layer->output.clamps) {
        const int32_t row_bytes = layer->window.out_width * layer->in_channels * layer->channel_multiplier;

        for (int32_t y = 0; y < io->row_count; y++) {
            tg_swar_clamp(&layer->output, io->rows ? io->out_rows[y] : io->out + y * row_bytes, row_bytes);
        }
    }
}

#endif
