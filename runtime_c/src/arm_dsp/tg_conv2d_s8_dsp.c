/* See tg_conv2d_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_dsp.h"
#include "tg_dsp_mix.h"
#include "tg_dsp_widen.h"
#include "tg_rows.h"

/* Room for a row pointer in scratch, on every core. */
#define POINTER_BYTES 8

/* One output row, and the input rows that it reads. For 1x1 kernels the whole tensor may be one row. */
struct row {
    const int8_t *const *in;
    int32_t in_width;
    int8_t *out;
    int32_t pixels;
};

/* Widens `count` columns of a row from column `first`; those outside of the row are padding. */
static int16_t *widen_columns(const struct tg_conv2d_dsp *layer, const int8_t *row, int32_t in_width,
                              int32_t first, int32_t count, int16_t *to)
{
    const int32_t channels = layer->in_channels;
    const int32_t begin = tg_clamp(-first, 0, count);
    const int32_t end = tg_clamp(in_width - first, begin, count);

    if (begin > 0) {
        to = tg_dsp_fill(to, layer->in_zero_point, begin * channels);
    }
    to = tg_dsp_widen(to, row + (first + begin) * channels, (end - begin) * channels);
    if (end < count) {
        to = tg_dsp_fill(to, layer->in_zero_point, (count - end) * channels);
    }
    return to;
}

/* Widens what the output pixels first .. first + pixels - 1 read: strip_columns columns of every kernel row. */
static void fill_strip(const struct tg_conv2d_dsp *layer, const struct row *row, int32_t first,
                       int32_t pixels, int16_t *strip)
{
    const struct tg_window *w = &layer->window;
    const int32_t extent = (w->kernel_width - 1) * w->dilation_width + 1;
    const int32_t column = first * w->stride_width - w->pad_left;
    const int32_t skips = layer->pixel_columns < w->stride_width; /* some columns are never read */
    const int32_t runs = skips ? pixels : 1;
    const int32_t run_columns = skips ? extent : (pixels - 1) * w->stride_width + extent;

    for (int32_t ky = 0; ky < w->kernel_height; ky++) {
        const int8_t *in = row->in[ky * w->dilation_height];
        int16_t *to = strip + ky * layer->strip_columns * layer->in_channels;
        for (int32_t i = 0; i < runs; i++) {
            to = widen_columns(layer, in, row->in_width, column + i * w->stride_width, run_columns, to);
        }
    }
}

/* Four channels of two pixels; `x` is the first cell of the first pixel's window. */
static void block_of_2(const struct tg_conv2d_dsp *layer, const int16_t *x, const int32_t *weights,
                       const int32_t *channels, int8_t *out_p, int8_t *out_q)
{
    const int32_t step = layer->pixel_columns * layer->in_channels;
    const int32_t *offset = layer->segment_offsets;
    const int32_t *const last_offset = offset + layer->segments;
    struct tg_mix_sums p = tg_mix_start(channels);
    struct tg_mix_sums q = p;

    do {
        weights = tg_mix_run_2(&p, &q, x + *offset++, step, weights, layer->segment_pairs);
    } while (offset != last_offset);
    switch (layer->output.form) {
    case TG_DSP_SINGLE:
        tg_mix_finish_2(&p, &q, channels, TG_DSP_SINGLE, out_p, out_q);
        break;
    case TG_DSP_DOUBLE:
        tg_mix_finish_2(&p, &q, channels, TG_DSP_DOUBLE, out_p, out_q);
        break;
    default:
        tg_mix_finish_2(&p, &q, channels, TG_DSP_TEXTBOOK, out_p, out_q);
        break;
    }
}

/* Four channels of one pixel. */
static void block_of_1(const struct tg_conv2d_dsp *layer, const int16_t *x, const int32_t *weights,
                       const int32_t *channels, int8_t *out)
{
    struct tg_mix_sums p = tg_mix_start(channels);

    for (int32_t s = 0; s < layer->segments; s++) {
        weights = tg_mix_run_1(&p, x + layer->segment_offsets[s], weights, layer->segment_pairs);
    }
    switch (layer->output.form) {
    case TG_DSP_SINGLE:
        tg_mix_finish_1(&p, channels, TG_DSP_SINGLE, out);
        break;
    case TG_DSP_DOUBLE:
        tg_mix_finish_1(&p, channels, TG_DSP_DOUBLE, out);
        break;
    default:
        tg_mix_finish_1(&p, channels, TG_DSP_TEXTBOOK, out);
        break;
    }
}

/* Four channels of all pixels of a strip. */
static void strip_of_4(const struct tg_conv2d_dsp *layer, const int16_t *x, int32_t pixels,
                       const int32_t *weights, const int32_t *channels, int8_t *out)
{
    const int32_t step = layer->pixel_columns * layer->in_channels;
    const int32_t out_step = layer->out_channels;

    for (; pixels >= 2; pixels -= 2) {
        block_of_2(layer, x, weights, channels, out, out + out_step);
        x += 2 * step;
        out += 2 * out_step;
    }
    if (pixels > 0) {
        block_of_1(layer, x, weights, channels, out);
    }
}

/* The last 1 to 3 channels: computed as four, of which `count` are stored. */
static void strip_of_rest(const struct tg_conv2d_dsp *layer, const int16_t *x, int32_t pixels,
                          const int32_t *weights, const int32_t *channels, int8_t *out, int32_t count)
{
    const int32_t step = layer->pixel_columns * layer->in_channels;
    int8_t four_p[4];
    int8_t four_q[4];

    for (; pixels >= 2; pixels -= 2) {
        block_of_2(layer, x, weights, channels, four_p, four_q);
        memcpy(out, four_p, (size_t)count);
        memcpy(out + layer->out_channels, four_q, (size_t)count);
        x += 2 * step;
        out += 2 * layer->out_channels;
    }
    if (pixels > 0) {
        block_of_1(layer, x, weights, channels, four_p);
        memcpy(out, four_p, (size_t)count);
    }
}

static void compute_strip(const struct tg_conv2d_dsp *layer, const int16_t *strip, int32_t pixels,
                          int8_t *out)
{
    const int32_t words_of_4 = layer->segments * layer->segment_pairs * 2;
    const int32_t *weights = layer->weights;
    const int32_t *channels = layer->output.channels;
    int32_t left = layer->out_channels;
    int8_t *to = out;

    for (; left >= 4; left -= 4) {
        strip_of_4(layer, strip, pixels, weights, channels, to);
        weights += words_of_4;
        channels += 4 * TG_DSP_CHANNEL_WORDS;
        to += 4;
    }
    if (left > 0) {
        strip_of_rest(layer, strip, pixels, weights, channels, to, left);
    }
    tg_dsp_clamp(&layer->output, out, pixels * layer->out_channels);
}

static void compute_row(const struct tg_conv2d_dsp *layer, const struct row *row, int16_t *strip)
{
    for (int32_t first = 0; first < row->pixels; first += layer->strip_pixels) {
        const int32_t rest = row->pixels - first;
        const int32_t pixels = rest < layer->strip_pixels ? rest : layer->strip_pixels;
        fill_strip(layer, row, first, pixels, strip);
        compute_strip(layer, strip, pixels, row->out + first * layer->out_channels);
    }
}

static int16_t *strip_in_scratch(const struct tg_conv2d_dsp *layer, void *scratch)
{
    return (int16_t *)(void *)((int8_t *)scratch + tg_window_extent(&layer->window) * POINTER_BYTES);
}

/* A 1x1 kernel that reads every pixel once: where the rows lie side by side they are one long row. */
static int is_pointwise(const struct tg_window *w)
{
    return w->kernel_height == 1 && w->kernel_width == 1 && w->stride_height == 1 && w->stride_width == 1
           && w->in_height == w->out_height && w->in_width == w->out_width;
}

TG_KERNEL void tg_conv2d_s8_dsp_rows(const struct tg_conv2d_dsp *layer, const int8_t *const *rows,
                                     int8_t *const *out, int32_t row_count, void *scratch)
{
    const struct tg_window *w = &layer->window;

    for (int32_t y = 0; y < row_count; y++) {
        const struct row row = {rows + y * w->stride_height, w->in_width, out[y], w->out_width};
        compute_row(layer, &row, strip_in_scratch(layer, scratch));
    }
}

TG_KERNEL void tg_conv2d_s8_dsp(const struct tg_conv2d_dsp *layer, const int8_t *in, int8_t *out,
                                void *scratch)
{
    const struct tg_window *w = &layer->window;
    const int8_t **rows = (const int8_t **)scratch;

    if (is_pointwise(w)) {
        const int32_t pixels = w->in_height * w->in_width;
        const struct row row = {rows, pixels, out, pixels};
        rows[0] = in;
        compute_row(layer, &row, strip_in_scratch(layer, scratch));
        return;
    }
    for (int32_t y = 0; y < w->out_height; y++) {
        const struct row row = {rows, w->in_width, out + y * w->out_width * layer->out_channels,
                                w->out_width};
        tg_window_rows(w, in, w->in_width * layer->in_channels, layer->pad_row, y, rows);
        compute_row(layer, &row, strip_in_scratch(layer, scratch));
    }
}
