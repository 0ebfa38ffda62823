/* See tg_conv2d_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_dsp.h"
#include "tg_dsp_mix.h"
#include "tg_dsp_rows.h"
#include "tg_dsp_widen.h"

/* Room for a row pointer in scratch, on every core. */
#define POINTER_BYTES 8

/* The input rows of the kernel rows of one output row; NULL is a row of padding. */
struct taps {
    const int8_t **rows;
    int32_t width;
    int32_t all_inside;
};

/* A run without padding. */
TG_NOINLINE static int16_t *widen_run(int16_t *patch, const int8_t *from, int32_t count)
{
    return tg_dsp_widen(patch, TG_MIX_PAIR, from, count);
}

/* `count` values of padding; an odd run's last pair is filled as well. */
static int16_t *fill_run(int16_t *patch, int16_t value, int32_t count)
{
    for (; count > 0; count -= 2) {
        patch[0] = value;
        patch[1] = value;
        patch += TG_MIX_PAIR;
    }
    return patch;
}

/* A run that padding cuts in the middle of a pair: value by value. */
static int16_t *widen_values(const struct tg_conv2d_dsp *layer, const int8_t *row, int32_t inside,
                             int32_t first, int32_t count, int16_t *patch)
{
    for (int32_t i = 0; i < count; i++) {
        const int32_t at = first + i;
        const int16_t value = at >= 0 && at < inside ? row[at] : layer->in_zero_point;
        patch[i / 2 * TG_MIX_PAIR + i % 2] = value;
    }
    return patch + (count + 1) / 2 * TG_MIX_PAIR;
}

/* A run of which some columns may be padding; all, if `row` is NULL. */
static int16_t *widen_at_edge(const struct tg_conv2d_dsp *layer, const int8_t *row, int32_t width,
                              int32_t column, int16_t *patch)
{
    const int32_t channels = layer->in_channels;
    const int32_t columns = layer->run_columns;
    const int32_t begin = tg_clamp(-column, 0, columns);
    const int32_t end = tg_clamp(width - column, begin, columns);

    if (row == NULL || begin == end) {
        return fill_run(patch, layer->in_zero_point, columns * channels);
    }
    if (channels % 2 != 0 && end - begin < columns) {
        return widen_values(layer, row, width * channels, column * channels, columns * channels, patch);
    }
    patch = fill_run(patch, layer->in_zero_point, begin * channels);
    patch = widen_run(patch, row + (column + begin) * channels, (end - begin) * channels);
    return fill_run(patch, layer->in_zero_point, (columns - end) * channels);
}

/* Widens the window that starts in `column`. */
static void widen_window(const struct tg_conv2d_dsp *layer, const struct taps *taps, int32_t column,
                         int16_t *patch)
{
    const struct tg_window *w = &layer->window;
    const int32_t count = layer->run_columns * layer->in_channels;
    const int32_t last_column = column + (w->kernel_width - 1) * w->dilation_width;
    const int32_t inside = taps->all_inside && column >= 0 && last_column < taps->width;

    if (inside && w->kernel_height * w->kernel_width == 1) {
        (void)widen_run(patch, taps->rows[0] + column * layer->in_channels, count);
        return;
    }
    for (int32_t ky = 0; ky < w->kernel_height; ky++) {
        for (int32_t kx = 0; kx < w->kernel_width; kx += layer->run_columns) {
            const int32_t x = column + kx * w->dilation_width;
            if (inside) {
                patch = widen_run(patch, taps->rows[ky] + x * layer->in_channels, count);
            } else {
                patch = widen_at_edge(layer, taps->rows[ky], taps->width, x, patch);
            }
        }
    }
}

/* All channels of two pixels. Not inlined: the inner loop needs every register. */
TG_NOINLINE static void compute_2(const struct tg_conv2d_dsp *layer, const int16_t *patch, int8_t *out_p, int8_t *out_q)
{
    const int16_t *const end_of_fours = patch + layer->pairs / 4 * 4 * TG_MIX_PAIR;
    const int16_t *const end = patch + layer->pairs * TG_MIX_PAIR;
    const int32_t form = layer->output.form;
    const int32_t *weights = layer->weights;
    const int32_t *channels = layer->output.channels;
    int8_t last_p[TG_MIX_BLOCK];
    int8_t last_q[TG_MIX_BLOCK];

    for (int32_t left = layer->out_channels; left > 0; left -= TG_MIX_BLOCK) {
        int8_t *const to_p = left < TG_MIX_BLOCK ? last_p : out_p;
        int8_t *const to_q = left < TG_MIX_BLOCK ? last_q : out_q;
        const int16_t *x = patch;
        struct tg_mix_sums p;
        struct tg_mix_sums q;

        tg_mix_start(&p, channels);
        tg_mix_start(&q, channels);
        while (x != end_of_fours) {
            tg_mix_step_2(&p, &q, x, weights);
            tg_mix_step_2(&p, &q, x + TG_MIX_PAIR, weights + TG_MIX_WORDS);
            tg_mix_step_2(&p, &q, x + 2 * TG_MIX_PAIR, weights + 2 * TG_MIX_WORDS);
            tg_mix_step_2(&p, &q, x + 3 * TG_MIX_PAIR, weights + 3 * TG_MIX_WORDS);
            x += 4 * TG_MIX_PAIR;
            weights += 4 * TG_MIX_WORDS;
        }
        while (x != end) {
            tg_mix_step_2(&p, &q, x, weights);
            x += TG_MIX_PAIR;
            weights += TG_MIX_WORDS;
        }
        if (form == TG_DSP_SINGLE) {
            tg_mix_finish_2(&p, &q, channels, TG_DSP_SINGLE, to_p, to_q);
        } else if (form == TG_DSP_DOUBLE) {
            tg_mix_finish_2(&p, &q, channels, TG_DSP_DOUBLE, to_p, to_q);
        } else {
            tg_mix_textbook(p.lo_ab, p.mix_ab, p.lo_cd, p.mix_cd, channels, to_p);
            tg_mix_textbook(q.lo_ab, q.mix_ab, q.lo_cd, q.mix_cd, channels, to_q);
        }
        if (left < TG_MIX_BLOCK) {
            memcpy(out_p, last_p, (size_t)left);
            memcpy(out_q, last_q, (size_t)left);
        }
        channels += TG_MIX_BLOCK_WORDS;
        out_p += TG_MIX_BLOCK;
        out_q += TG_MIX_BLOCK;
    }
}

/* All channels of one pixel. */
static void compute_1(const struct tg_conv2d_dsp *layer, const int16_t *patch, int8_t *out)
{
    const int16_t *const end = patch + layer->pairs * TG_MIX_PAIR;
    const int32_t *weights = layer->weights;
    const int32_t *channels = layer->output.channels;
    int8_t last[TG_MIX_BLOCK];

    for (int32_t left = layer->out_channels; left > 0; left -= TG_MIX_BLOCK) {
        int8_t *const to = left < TG_MIX_BLOCK ? last : out;
        struct tg_mix_sums p;

        tg_mix_start(&p, channels);
        for (const int16_t *x = patch; x != end; x += TG_MIX_PAIR) {
            tg_mix_step_1(&p, x, weights);
            weights += TG_MIX_WORDS;
        }
        tg_mix_output(&p, channels, layer->output.form, to);
        if (left < TG_MIX_BLOCK) {
            memcpy(out, last, (size_t)left);
        }
        channels += TG_MIX_BLOCK_WORDS;
        out += TG_MIX_BLOCK;
    }
}

/* Kernel rows' pointers first, then the windows of two pixels. */
static int16_t *patch_in_scratch(const struct tg_conv2d_dsp *layer, void *scratch)
{
    return (int16_t *)(void *)((int8_t *)scratch + layer->window.kernel_height * POINTER_BYTES);
}

static struct taps taps_of_row(const struct tg_conv2d_dsp *layer, const struct tg_dsp_rows *rows, int32_t y,
                               void *scratch)
{
    const struct tg_window *w = &layer->window;
    struct taps taps = {(const int8_t **)scratch, rows->width, 1};

    for (int32_t ky = 0; ky < w->kernel_height; ky++) {
        taps.rows[ky] = tg_dsp_row(rows, y * w->stride_height + ky * w->dilation_height);
        if (taps.rows[ky] == NULL) {
            taps.all_inside = 0;
        }
    }
    return taps;
}

/* Output row y, of which `rows` holds the input; y is counted from their first. */
static void compute_row(const struct tg_conv2d_dsp *layer, const struct tg_dsp_rows *rows, int32_t y,
                        int32_t pixels, int8_t *out, void *scratch)
{
    const struct taps taps = taps_of_row(layer, rows, y, scratch);
    const int32_t out_channels = layer->out_channels;
    int16_t *const patch = patch_in_scratch(layer, scratch);
    int32_t column = -layer->window.pad_left;
    int8_t *to = out;

    for (int32_t left = pixels; left > 0; left -= 2) {
        widen_window(layer, &taps, column, patch);
        if (left == 1) {
            compute_1(layer, patch, to);
            break;
        }
        widen_window(layer, &taps, column + layer->window.stride_width, patch + 2);
        compute_2(layer, patch, to, to + out_channels);
        column += 2 * layer->window.stride_width;
        to += 2 * out_channels;
    }
    tg_dsp_clamp(&layer->output, out, pixels * out_channels);
}

/* A 1x1 kernel that reads every pixel once: the rows of a whole tensor are one long row. */
static int is_pointwise(const struct tg_window *w)
{
    return w->kernel_height == 1 && w->kernel_width == 1 && w->stride_height == 1 && w->stride_width == 1
           && w->in_height == w->out_height && w->in_width == w->out_width;
}

TG_KERNEL void tg_conv2d_s8_dsp_rows(const struct tg_conv2d_dsp *layer, const int8_t *const *rows,
                                     int8_t *const *out, int32_t row_count, void *scratch)
{
    const struct tg_dsp_rows in = tg_dsp_row_pointers(&layer->window, rows);

    for (int32_t y = 0; y < row_count; y++) {
        compute_row(layer, &in, y, layer->window.out_width, out[y], scratch);
    }
}

TG_KERNEL void tg_conv2d_s8_dsp(const struct tg_conv2d_dsp *layer, const int8_t *in, int8_t *out,
                                void *scratch)
{
    const struct tg_window *w = &layer->window;
    struct tg_dsp_rows rows = tg_dsp_whole_tensor(w, layer->in_channels, in);

    if (is_pointwise(w)) {
        rows.width = w->in_height * w->in_width;
        compute_row(layer, &rows, 0, rows.width, out, scratch);
        return;
    }
    for (int32_t y = 0; y < w->out_height; y++) {
        compute_row(layer, &rows, y, w->out_width, out, scratch);
        out += w->out_width * layer->out_channels;
    }
}
