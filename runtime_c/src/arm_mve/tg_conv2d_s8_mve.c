/* Convolution. See tg_conv2d_mve.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_mve.h"
#include "tg_mve_bytes.h"
#include "tg_mve_clamp.h"
#include "tg_mve_columns.h"
#include "tg_mve_dense.h"
#include "tg_rows.h"

/* Room for a row pointer in scratch, on every core. */
#define POINTER_BYTES 8

/* An output row on its way. */
struct pass {
    const struct tg_conv2d_mve *layer;
    const int8_t **taps; /* input rows of the kernel's rows, at the channels of the group */
    int32_t *sums;
    int8_t *columns;
};

/* `count` columns of the input from column x on, every `step`th; those outside of the image are padding. */
static int8_t *lay_columns(const struct pass *pass, int32_t x, int32_t step, int32_t count, int8_t *to)
{
    const struct tg_conv2d_mve *layer = pass->layer;
    const struct tg_mve_layout columns = {layer->window.kernel_height, layer->in_channels / layer->groups,
                                           step * layer->in_channels};
    const int32_t bytes = columns.height * columns.cell;
    const int32_t before = x < 0 ? tg_clamp((-x + step - 1) / step, 0, count) : 0;
    const int32_t first = x + before * step;
    const int32_t room = (layer->window.in_width - first + step - 1) / step;
    const int32_t inside = tg_clamp(room, 0, count - before);
    const int32_t after = count - before - inside;

    to = tg_mve_fill(to, layer->in_zero_point, before * bytes);
    tg_mve_columns(&columns, pass->taps, first * layer->in_channels, inside, to);
    return tg_mve_fill(to + inside * bytes, layer->in_zero_point, after * bytes);
}

/* The columns of `count` pixels, the first of which starts in column x. Returns bytes from pixel to pixel. */
static int32_t lay_pixels(const struct pass *pass, int32_t x, int32_t count)
{
    const struct tg_conv2d_mve *layer = pass->layer;
    const struct tg_window *w = &layer->window;
    const int32_t bytes = w->kernel_height * (layer->in_channels / layer->groups);
    int8_t *to = pass->columns;

    if (w->dilation_width == 1 && w->stride_width < w->kernel_width) {
        (void)lay_columns(pass, x, 1, (count - 1) * w->stride_width + w->kernel_width, to);
        return w->stride_width * bytes;
    }
    for (int32_t p = 0; p < count; p++) {
        to = lay_columns(pass, x, w->dilation_width, w->kernel_width, to);
        x += w->stride_width;
    }
    return w->kernel_width * bytes;
}

/* A group's channels of an output row. */
static TG_NOINLINE void compute_group(const struct pass *pass, int32_t group, int8_t *out)
{
    const struct tg_mve_dense *dense = &pass->layer->dense;
    const struct tg_window *w = &pass->layer->window;
    int32_t x = -w->pad_left;

    for (int32_t left = w->out_width; left > 0; left -= pass->layer->pass_pixels) {
        const int32_t count = left < pass->layer->pass_pixels ? left : pass->layer->pass_pixels;
        const int32_t step = lay_pixels(pass, x, count);

        tg_mve_dense_many(dense, group, pass->columns, step, out, count, pass->sums);
        x += count * w->stride_width;
        out += count * dense->out_step;
    }
}

/* An output row, all groups; `rows` are the input rows that it sees, from the first to the last.
 * Scratch: room for such rows, the kernel's rows, sums, columns. */
static TG_NOINLINE void compute_row(const struct tg_conv2d_mve *layer, const int8_t *const *rows, int8_t *out,
                                    void *scratch)
{
    const struct tg_window *w = &layer->window;
    const struct tg_mve_dense *dense = &layer->dense;
    struct pass pass;

    pass.layer = layer;
    pass.taps = (const int8_t **)(void *)((int8_t *)scratch + tg_window_extent(w) * POINTER_BYTES);
    pass.sums = (int32_t *)(void *)((int8_t *)pass.taps + w->kernel_height * POINTER_BYTES);
    pass.columns = (int8_t *)pass.sums + tg_mve_sums_bytes(dense);
    for (int32_t group = 0; group < layer->groups; group++) {
        for (int32_t ky = 0; ky < w->kernel_height; ky++) {
            pass.taps[ky] = rows[ky * w->dilation_height] + group * (layer->in_channels / layer->groups);
        }
        compute_group(&pass, group, out + group * dense->channels);
    }
    tg_mve_clamp(out, w->out_width * dense->out_step, layer->out_min, layer->out_max);
}

TG_KERNEL void tg_conv2d_s8_mve_rows(const struct tg_conv2d_mve *layer, const int8_t *const *rows,
                                     int8_t *const *out, int32_t row_count, void *scratch)
{
    for (int32_t y = 0; y < row_count; y++) {
        compute_row(layer, rows + y * layer->window.stride_height, out[y], scratch);
    }
}

TG_KERNEL void tg_conv2d_s8_mve(const struct tg_conv2d_mve *layer, const int8_t *in, int8_t *out, void *scratch)
{
    const struct tg_window *w = &layer->window;
    const int8_t **const rows = (const int8_t **)scratch;

    for (int32_t y = 0; y < w->out_height; y++) {
        tg_window_rows(w, in, w->in_width * layer->in_channels, layer->pad_row, y, rows);
        compute_row(layer, rows, out, scratch);
        out += w->out_width * layer->dense.out_step;
    }
}
