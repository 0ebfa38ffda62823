/* See tg_conv2d_runs_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_runs_dsp.h"
#include "tg_copy_pieces.h"
#include "tg_dsp_rows.h"
#include "tg_dsp_scale_finish.h"
#include "tg_few_windows.h"
#include "tg_rows.h"

/* Output rows that are computed together, and where their windows are. */
struct band {
    int32_t rows;
    const uint16_t *windows;
    int32_t count; /* of windows */
    int8_t *lines;
    int8_t *out;
};

/* Finds the windows of `rows` output rows. A window alone comes twice. */
static TG_NOINLINE int32_t find_windows(const struct tg_conv2d_runs_dsp *layer, int32_t rows, uint16_t *windows)
{
    const struct tg_window *const w = &layer->window;
    const int32_t step = w->stride_width * layer->pixel_bytes;
    const int32_t next_line = w->stride_height * layer->line_bytes;
    uint16_t *to = windows;

    for (int32_t y = 0; y < rows; y++) {
        int32_t at = y * next_line;

        for (int32_t left = w->out_width; left > 0; left--) {
            *to++ = (uint16_t)at;
            at += step;
        }
    }
    *to = windows[0];
    return rows * w->out_width;
}

/* Copies the rows under a band between their padding: of one group, or of all of them. */
static void copy_rows(const struct tg_conv2d_runs_dsp *layer, const struct tg_dsp_rows *rows, int32_t first,
                      const struct band *band, int32_t group)
{
    const struct tg_window *const w = &layer->window;
    const int32_t extent = tg_window_extent(w);
    const int32_t count = (band->rows - 1) * w->stride_height + extent;
    const int32_t bytes = layer->pixel_bytes;
    int8_t *line = band->lines + w->pad_left * bytes;
    int32_t seen = extent; /* rows from here on that the next windows see */

    for (int32_t i = 0; i < count; i++) {
        const int8_t *const row = tg_dsp_row(rows, first + i);

        seen = seen == extent - w->stride_height ? extent : seen;
        if (seen-- <= 0) {
            /* it lies between windows */
        } else if (row == NULL) {
            (void)memset(line, layer->in_zero_point, (size_t)(w->in_width * bytes));
        } else if (bytes == layer->in_channels) {
            (void)memcpy(line, row, (size_t)(w->in_width * bytes));
        } else {
            tg_copy_pieces(row + group * bytes, layer->in_channels, line, bytes, bytes, w->in_width);
        }
        line += layer->line_bytes;
    }
}

/* Windows in the order of the output, a number of them together; the last of them end with the last window. */
static TG_NOINLINE void compute_windows(const struct tg_few_windows_dsp *channels, const struct band *band,
                                        const int8_t *in, int8_t *out, int32_t next_pixel)
{
    const int32_t whole = channels->twos > 0 || band->count < 4 ? band->count / 2 : band->count / 4;
    const int32_t together = channels->twos > 0 || band->count < 4 ? 2 : 4;
    const int32_t last = band->count > together ? band->count - together : 0;
    void (*const compute)(const struct tg_few_windows_dsp *layer, const int8_t *lines, int8_t *to, int32_t units,
                          const uint16_t *windows, int32_t step) =
        together == 2 ? tg_few_windows : tg_few_windows_by_fours;

    if (whole > 0) {
        compute(channels, in, out, whole, band->windows, next_pixel);
    }
    if (whole * together != band->count) {
        compute(channels, in, out + last * next_pixel, 1, band->windows + last, band->count > 1 ? next_pixel : 0);
    }
}

/* The channels of a group: those that are mixed, and those that go alone. Leaves the next group's in `some`. */
static void compute_group(const struct tg_conv2d_runs_dsp *layer, struct tg_few_windows_dsp *some,
                          const struct band *band, const int8_t *in, int8_t *out)
{
    const int32_t ones = layer->first.ones;
    const int32_t twos = layer->first.twos;
    const int32_t words = 1 + tg_dsp_channel_words(some->form);

    some->twos = twos;
    some->ones = 0;
    if (twos > 0) {
        compute_windows(some, band, in, out, layer->out_channels);
        some->weights += twos * some->fours * 3;
        some->words += 2 * twos * words;
    }
    some->twos = 0;
    some->ones = ones;
    if (ones > 0) {
        compute_windows(some, band, in, out + 2 * twos, layer->out_channels);
        some->weights += ones * some->fours * 3;
        some->words += ones * words;
    }
}

/* A band from `in`; the rows under it are copied there first, row `first` of the input and the others, if there are
 * any. */
static TG_NOINLINE void compute_band(const struct tg_conv2d_runs_dsp *layer, const struct tg_dsp_rows *rows,
                                     int32_t first, const struct band *band, const int8_t *in)
{
    const struct tg_dsp_scale scale = {NULL, layer->first.form, 0, layer->first.out_min, layer->first.out_max};
    const int32_t is_apart = layer->pixel_bytes != layer->in_channels;
    const int32_t next_in = is_apart ? 0 : layer->in_channels / layer->groups;
    const int32_t next_out = layer->out_channels / layer->groups;
    struct tg_few_windows_dsp group = layer->first;

    for (int32_t i = 0; i < layer->groups; i++) {
        if (rows != NULL && (i == 0 || is_apart)) {
            copy_rows(layer, rows, first, band, i);
        }
        compute_group(layer, &group, band, in + i * next_in, band->out + i * next_out);
    }
    tg_dsp_scale_clamp(&scale, band->out, band->count * layer->out_channels);
}

/* The padding on the right of a line and that on the left of the next one lie side by side. */
static void clear_padding(const struct tg_conv2d_runs_dsp *layer, int8_t *lines, int32_t line_count)
{
    const int32_t left = layer->window.pad_left * layer->pixel_bytes;
    const int32_t both = layer->line_bytes - layer->window.in_width * layer->pixel_bytes;
    int8_t *to = lines + layer->line_bytes - (both - left);

    (void)memset(lines, layer->in_zero_point, (size_t)left);
    for (int32_t i = 1; i < line_count; i++) {
        (void)memset(to, layer->in_zero_point, (size_t)both);
        to += layer->line_bytes;
    }
    (void)memset(to, layer->in_zero_point, (size_t)(both - left));
}

/* Bands of `row_count` output rows; the table and the lines lie in scratch. */
static struct band begin_band(const struct tg_conv2d_runs_dsp *layer, int32_t row_count, int8_t *out, void *scratch)
{
    struct band band = {row_count, (const uint16_t *)scratch, 0, (int8_t *)scratch + layer->table_bytes, out};
    const int32_t lines = (row_count - 1) * layer->window.stride_height + tg_window_extent(&layer->window);

    band.count = find_windows(layer, row_count, (uint16_t *)scratch);
    if (layer->is_padded) {
        clear_padding(layer, band.lines, lines);
    }
    return band;
}

TG_KERNEL void tg_conv2d_runs_s8_dsp(const struct tg_conv2d_runs_dsp *layer, const int8_t *in, int8_t *out,
                                     void *scratch)
{
    const struct tg_window *const w = &layer->window;
    const struct tg_dsp_rows rows = tg_dsp_whole_tensor(w, layer->in_channels, in);
    struct band band = begin_band(layer, layer->band_rows, out, scratch);

    for (int32_t y = 0; y < w->out_height; y += band.rows) {
        if (w->out_height - y < band.rows) {
            band.rows = w->out_height - y;
            band.count = find_windows(layer, band.rows, (uint16_t *)scratch);
        }
        if (layer->is_direct) {
            compute_band(layer, NULL, 0, &band, in + y * w->stride_height * layer->line_bytes);
        } else {
            compute_band(layer, &rows, y * w->stride_height, &band, band.lines);
        }
        band.out += band.count * layer->out_channels;
    }
}

TG_KERNEL void tg_conv2d_runs_s8_dsp_rows(const struct tg_conv2d_runs_dsp *layer, const int8_t *const *rows,
                                          int8_t *const *out, int32_t row_count, void *scratch)
{
    const struct tg_dsp_rows in = tg_dsp_row_pointers(&layer->window, rows);
    struct band band = begin_band(layer, 1, out[0], scratch);

    for (int32_t y = 0; y < row_count; y++) {
        band.out = out[y];
        compute_band(layer, &in, y * layer->window.stride_height, &band, band.lines);
    }
}
