/* See tg_conv2d_runs_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_runs_dsp.h"
#include "tg_copy_pieces.h"
#include "tg_dsp_rows.h"
#include "tg_dsp_scale_finish.h"
#include "tg_few_windows.h"
#include "tg_rows.h"

/* Copies the rows of a group behind their padding. */
static void copy_rows(const struct tg_conv2d_runs_dsp *layer, const struct tg_dsp_rows *rows, int32_t first,
                      int32_t count, int32_t group, int8_t *line)
{
    const struct tg_window *const w = &layer->window;
    const int32_t depth = layer->in_channels / layer->groups;

    line += w->pad_left * depth;
    for (int32_t i = 0; i < count; i++) {
        const int8_t *const row = tg_dsp_row(rows, first + i);

        if (row != NULL && layer->groups == 1) {
            (void)memcpy(line, row, (size_t)(w->in_width * depth));
        } else if (row != NULL) {
            tg_copy_pieces(row + group * depth, layer->in_channels, line, depth, depth, w->in_width);
        }
        line += layer->line_bytes;
    }
}

/* One row of a group's output. A last pixel alone is computed with the one before it, or with itself. */
static void compute_row(const struct tg_conv2d_runs_dsp *layer, const struct tg_few_windows_dsp *window,
                        const int8_t *line, int8_t *out)
{
    const struct tg_window *const w = &layer->window;
    const int32_t step = w->stride_width * (layer->in_channels / layer->groups);
    const int32_t width = w->out_width;

    if (width == 1) {
        tg_few_windows(window, line, out, 1, 0, 0);
        return;
    }
    tg_few_windows(window, line, out, width / 2, step, layer->out_channels);
    if (width % 2 != 0) {
        tg_few_windows(window, line + (width - 2) * step, out + (width - 2) * layer->out_channels, 1, step,
                           layer->out_channels);
    }
}

/* `count` output rows from row `first` on. */
static void compute_band(const struct tg_conv2d_runs_dsp *layer, const struct tg_dsp_rows *rows, int32_t first,
                         int32_t count, int8_t *out, int8_t *lines)
{
    const struct tg_window *const w = &layer->window;
    const struct tg_dsp_scale scale = {NULL, layer->first.form, 0, layer->first.out_min, layer->first.out_max};
    const int32_t line_count = (count - 1) * w->stride_height + tg_window_extent(w);
    const int32_t next_line = w->stride_height * layer->line_bytes;
    const int32_t out_row = w->out_width * layer->out_channels;
    struct tg_few_windows_dsp window = layer->first;

    (void)memset(lines, layer->in_zero_point, (size_t)(line_count * layer->line_bytes));
    for (int32_t group = 0; group < layer->groups; group++) {
        int8_t *const to = out + group * (layer->out_channels / layer->groups);

        copy_rows(layer, rows, first * w->stride_height, line_count, group, lines);
        for (int32_t y = 0; y < count; y++) {
            compute_row(layer, &window, lines + y * next_line, to + y * out_row);
        }
        window.weights += window.weights_step;
        window.words += window.words_step;
    }
    tg_dsp_scale_clamp(&scale, out, count * out_row);
}

TG_KERNEL void tg_conv2d_runs_s8_dsp(const struct tg_conv2d_runs_dsp *layer, const int8_t *in, int8_t *out,
                                     void *scratch)
{
    const struct tg_window *const w = &layer->window;
    const struct tg_dsp_rows rows = tg_dsp_whole_tensor(w, layer->in_channels, in);
    int32_t count;

    for (int32_t y = 0; y < w->out_height; y += count) {
        count = w->out_height - y < layer->band_rows ? w->out_height - y : layer->band_rows;
        compute_band(layer, &rows, y, count, out, (int8_t *)scratch);
        out += count * w->out_width * layer->out_channels;
    }
}

TG_KERNEL void tg_conv2d_runs_s8_dsp_rows(const struct tg_conv2d_runs_dsp *layer, const int8_t *const *rows,
                                          int8_t *const *out, int32_t row_count, void *scratch)
{
    const struct tg_dsp_rows in = tg_dsp_row_pointers(&layer->window, rows);

    for (int32_t y = 0; y < row_count; y++) {
        compute_band(layer, &in, y, 1, out[y], (int8_t *)scratch);
    }
}
