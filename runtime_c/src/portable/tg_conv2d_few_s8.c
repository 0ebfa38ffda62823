/* Convolution with few output channels by tiles of four pixels. See tg_conv2d_few.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_core.h"
#include "tg_conv2d_few.h"
#include "tg_copy_words.h"
#include "tg_dense_dots.h"
#include "tg_requantize_s8.h"

enum { TILE = 4 };

/* What the windows of neighbouring pixels see of a group: `count` runs of `length` bytes side by side. */
struct runs {
    const int8_t **starts; /* of the first pixel */
    int32_t count;
    int32_t length;
    int32_t pixel_step; /* bytes from a run of one pixel to that of the next */
};

/* Returns v; but the compiler computes nothing from the result before the loads ahead of it, which then overlap. */
#if defined(__GNUC__)
TG_INLINE int32_t after_loads(int32_t v)
{
    __asm__ volatile("" : "+r"(v) : : "memory");
    return v;
}
#else
TG_INLINE int32_t after_loads(int32_t v)
{
    return v;
}
#endif

/* sums[p] = the runs of pixel p times weights w[count][length], for a tile of pixels. Written out: GCC keeps
 * accumulators in registers only if they are plain variables. */
static TG_SCALAR void multiply_four(const struct runs *runs, const int8_t *w, int32_t *sums)
{
    const int32_t length = runs->length;
    const int32_t step = runs->pixel_step;
    const int8_t *const *start = runs->starts;
    const int8_t *const *const end = start + runs->count;
    int32_t a0 = 0;
    int32_t a1 = 0;
    int32_t a2 = 0;
    int32_t a3 = 0;

    while (start != end) {
        const int8_t *const run_end = w + length;
        const int8_t *const fours_end = w + (length & ~3);
        const int8_t *x0 = *start++;
        const int8_t *x1 = x0 + step;
        const int8_t *x2 = x1 + step;
        const int8_t *x3 = x2 + step;

        while (w != fours_end) {
            int32_t v, u0, u1, u2, u3;

            v = w[0];
            u0 = x0[0];
            u1 = x1[0];
            u2 = x2[0];
            u3 = x3[0];
            v = after_loads(v);
            a0 += u0 * v;
            a1 += u1 * v;
            a2 += u2 * v;
            a3 += u3 * v;
            tg_keep_order();
            v = w[1];
            u0 = x0[1];
            u1 = x1[1];
            u2 = x2[1];
            u3 = x3[1];
            v = after_loads(v);
            a0 += u0 * v;
            a1 += u1 * v;
            a2 += u2 * v;
            a3 += u3 * v;
            tg_keep_order();
            v = w[2];
            u0 = x0[2];
            u1 = x1[2];
            u2 = x2[2];
            u3 = x3[2];
            v = after_loads(v);
            a0 += u0 * v;
            a1 += u1 * v;
            a2 += u2 * v;
            a3 += u3 * v;
            tg_keep_order();
            v = w[3];
            u0 = x0[3];
            u1 = x1[3];
            u2 = x2[3];
            u3 = x3[3];
            v = after_loads(v);
            a0 += u0 * v;
            a1 += u1 * v;
            a2 += u2 * v;
            a3 += u3 * v;
            tg_keep_order();
            x0 += 4;
            x1 += 4;
            x2 += 4;
            x3 += 4;
            w += 4;
        }
        while (w != run_end) {
            const int32_t v = *w++;

            a0 += *x0++ * v;
            a1 += *x1++ * v;
            a2 += *x2++ * v;
            a3 += *x3++ * v;
        }
    }
    sums[0] = a0;
    sums[1] = a1;
    sums[2] = a2;
    sums[3] = a3;
}

/* The same for a pixel alone. */
static TG_NOINLINE int32_t multiply_one(const struct runs *runs, const int8_t *w)
{
    int32_t sum = 0;

    for (int32_t i = 0; i < runs->count; i++) {
        sum += tg_dense_dots_one(runs->starts[i], w, runs->length);
        w += runs->length;
    }
    return sum;
}

/* Copies bytes, by words where everything is aligned. */
TG_INLINE int8_t *copy_cells(int8_t *to, const int8_t *from, int32_t size)
{
    if ((((uintptr_t)to | (uintptr_t)from | (uintptr_t)size) & 3) != 0) {
        return tg_copy_cells(to, from, size);
    }
    tg_copy_words(to, from, size);
    return to + size;
}

/* Copies `count` cells of one group from column first_x on, side by side, padding included. Returns where they end. */
static TG_NOINLINE int8_t *gather(const struct tg_conv2d *layer, const int8_t *row, int32_t first_x,
                                  int32_t count, int8_t *to)
{
    const int32_t channels = layer->in_channels;
    const int32_t depth = channels / layer->groups;
    const int32_t left = tg_clamp(-first_x, 0, count);
    const int32_t right = tg_clamp(first_x + count - layer->window.in_width, 0, count - left);
    const int32_t inside = count - left - right;

    to = tg_fill_cells(to, layer->in_zero_point, left * depth);
    if (inside > 0) {
        const int8_t *from = row + (first_x + left) * channels;

        if (depth == channels) {
            to = copy_cells(to, from, inside * depth);
        } else {
            for (int32_t i = 0; i < inside; i++) {
                to = copy_cells(to, from + i * channels, depth);
            }
        }
    }
    return tg_fill_cells(to, layer->in_zero_point, right * depth);
}

/* One group of a layer. */
struct group {
    const struct tg_conv2d *layer;
    int32_t in_channels;
    int32_t out_channels;
    int32_t first_in;
    int32_t first_out;
    const int8_t *weights;
};

/* Bytes from one output channel's weights to the next. */
TG_INLINE int32_t channel_weights(const struct group *group)
{
    const struct tg_window *w = &group->layer->window;

    return w->kernel_height * w->kernel_width * group->in_channels;
}

/* Finds the runs under `pixels` windows from output column ox on. Those that reach over an edge are gathered, behind
 * the pointers. */
static TG_NOINLINE void find_runs(const struct group *group, const int8_t *const *rows, int32_t ox, int32_t pixels,
                                  struct runs *runs)
{
    const struct tg_conv2d *layer = group->layer;
    const struct tg_window *w = &layer->window;
    const int32_t depth = group->in_channels;
    const int32_t first_x = ox * w->stride_width - w->pad_left;
    const int32_t cells = (pixels - 1) * w->stride_width + (w->kernel_width - 1) * w->dilation_width + 1;
    const int is_inside = first_x >= 0 && first_x + cells <= w->in_width;
    const int32_t cell_step = is_inside ? layer->in_channels : depth;
    const int32_t run_step = w->dilation_width * cell_step;
    const int32_t row_runs = run_step == depth ? 1 : w->kernel_width;
    const int8_t **start = runs->starts;
    int8_t *gathered = (int8_t *)(runs->starts + w->kernel_height * w->kernel_width);

    runs->count = w->kernel_height * row_runs;
    runs->length = row_runs == 1 ? w->kernel_width * depth : depth;
    runs->pixel_step = w->stride_width * cell_step;
    for (int32_t ky = 0; ky < w->kernel_height; ky++) {
        const int8_t *row = rows[ky * w->dilation_height] + group->first_in;
        const int8_t *x = gathered;

        if (is_inside) {
            x = row + first_x * layer->in_channels;
        } else {
            gathered = gather(layer, row, first_x, cells, gathered);
        }
        for (int32_t i = 0; i < row_runs; i++) {
            *start++ = x + i * run_step;
        }
    }
}

/* `pixels` outputs from column ox on, all channels of the group. Two and three are a tile like four, of which the rest
 * is not written. */
static TG_NOINLINE void compute_tile(const struct group *group, const int8_t *const *rows, int32_t ox,
                                     int32_t pixels, int8_t *out, void *scratch)
{
    const struct tg_conv2d *layer = group->layer;
    const int8_t *weights = group->weights;
    struct runs runs = {(const int8_t **)scratch, 0, 0, 0};
    int32_t sums[TILE];

    find_runs(group, rows, ox, pixels == 1 ? 1 : TILE, &runs);
    for (int32_t channel = 0; channel < group->out_channels; channel++) {
        if (pixels == 1) {
            sums[0] = multiply_one(&runs, weights);
        } else {
            multiply_four(&runs, weights, sums);
        }
        tg_requantize_s8(&layer->requantization, group->first_out + channel, 1, sums, pixels, out + channel,
                         layer->out_step);
        weights += channel_weights(group);
    }
}

/* One output row from the rows under its windows. */
static void compute_row(const struct tg_conv2d *layer, const int8_t *const *rows, int8_t *out, void *scratch)
{
    const int32_t width = layer->window.out_width;
    struct group group = {layer, layer->in_channels / layer->groups, layer->out_channels / layer->groups, 0, 0,
                          layer->weights};

    while (group.first_out < layer->out_channels) {
        int8_t *to = out + group.first_out;

        for (int32_t ox = 0; ox < width; ox += TILE) {
            compute_tile(&group, rows, ox, tg_clamp(width - ox, 1, TILE), to, scratch);
            to += TILE * layer->out_step;
        }
        group.first_in += group.in_channels;
        group.first_out += group.out_channels;
        group.weights += group.out_channels * channel_weights(&group);
    }
}

TG_KERNEL void tg_conv2d_few_s8_rows(const struct tg_conv2d *layer, const int8_t *const *rows, int8_t *const *out,
                                     int32_t row_count, void *scratch)
{
    for (int32_t i = 0; i < row_count; i++) {
        compute_row(layer, rows + i * layer->window.stride_height, out[i], scratch);
    }
}

TG_KERNEL void tg_conv2d_few_s8(const struct tg_conv2d *layer, const int8_t *in, int8_t *out, void *scratch)
{
    const struct tg_window *w = &layer->window;
    const int32_t in_row = w->in_width * layer->in_channels;
    const int8_t **rows = (const int8_t **)scratch;
    void *runs = (void *)(rows + tg_window_extent(w));

    for (int32_t oy = 0; oy < w->out_height; oy++) {
        tg_window_rows(w, in, in_row, layer->pad_row, oy, rows);
        compute_row(layer, rows, out, runs);
        out += w->out_width * layer->out_step;
    }
}
