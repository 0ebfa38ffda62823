/* See tg_conv2d_quads_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_quads_dsp.h"
#include "tg_dsp_rows.h"
#include "tg_dsp_scale_finish.h"
#include "tg_quad_products.h"
#include "tg_rows.h"

/* Room for a pointer in scratch, on every core. */
#define POINTER_BYTES 8

/* What lies in scratch, and what all windows have in common. */
struct work {
    const struct tg_conv2d_quads_dsp *layer;
    struct tg_dsp_rows rows;
    const int8_t **runs;
    int32_t *sums; /* of a row: four for each pair of pixels */
    int8_t *lines;      /* input rows with their padding; row i, counted from the first, is line i modulo their number */
    int32_t line_count; /* rows from the first tap of a window to its last */
    int32_t line_bytes;
    int32_t next; /* the input row that is copied next */
    int32_t depth;    /* input channels of a group */
    int32_t channels; /* output channels of a group */
};

static void begin(struct work *work, const struct tg_conv2d_quads_dsp *layer, struct tg_dsp_rows rows, void *scratch)
{
    const int32_t run_bytes = layer->window.kernel_height * layer->runs * POINTER_BYTES;

    work->layer = layer;
    work->rows = rows;
    work->runs = (const int8_t **)scratch;
    work->sums = (int32_t *)(void *)((int8_t *)scratch + run_bytes);
    work->lines = (int8_t *)(work->sums + (layer->window.out_width + 1) / 2 * 4);
    work->line_count = tg_window_extent(&layer->window);
    work->line_bytes = layer->groups * layer->part_bytes;
    work->next = 0;
    work->depth = layer->in_channels / layer->groups;
    work->channels = layer->out_channels / layer->groups;
    if (!layer->is_direct) {
        (void)memset(work->lines, layer->in_zero_point, (size_t)(work->line_count * work->line_bytes));
    }
}

static void copy_bytes(int8_t *to, const int8_t *from, int32_t count)
{
    for (; count >= 8; count -= 8) {
        uint32_t words[2];

        memcpy(words, from, sizeof words);
        memcpy(to, words, sizeof words);
        from += 8;
        to += 8;
    }
    for (; count > 0; count--) {
        *to++ = *from++;
    }
}

/* One row, each group apart. */
static void copy_row(const struct work *work, const int8_t *row, int8_t *line)
{
    const struct tg_conv2d_quads_dsp *layer = work->layer;
    const int32_t columns = layer->window.in_width;
    int8_t *const first = line + layer->window.pad_left * work->depth;

    for (int32_t group = 0; group < layer->groups; group++) {
        int8_t *to = first + group * layer->part_bytes;

        if (row == NULL) {
            (void)memset(to, layer->in_zero_point, (size_t)(columns * work->depth));
        } else if (layer->groups == 1) {
            copy_bytes(to, row, columns * work->depth);
        } else {
            const int8_t *from = row + group * work->depth;

            for (int32_t column = 0; column < columns; column++) {
                for (int32_t i = 0; i < work->depth; i++) {
                    *to++ = from[i];
                }
                from += layer->in_channels;
            }
        }
    }
}

/* Copies the input rows of output row y that are not there yet. */
static void copy_rows(struct work *work, int32_t first)
{
    work->next = work->next > first ? work->next : first;
    for (; work->next < first + work->line_count; work->next++) {
        copy_row(work, tg_dsp_row(&work->rows, work->next),
                 work->lines + work->next % work->line_count * work->line_bytes);
    }
}

/* Finds the runs of the first window of output row y. */
static void take_rows(struct work *work, int32_t y)
{
    const struct tg_conv2d_quads_dsp *layer = work->layer;
    const struct tg_window *const w = &layer->window;
    const int32_t first = y * w->stride_height;
    const int8_t **run = work->runs;

    if (!layer->is_direct) {
        copy_rows(work, first);
    }
    for (int32_t ky = 0; ky < w->kernel_height; ky++) {
        const int32_t row = first + ky * w->dilation_height;
        const int8_t *const line = layer->is_direct ? tg_dsp_row(&work->rows, row)
                                                    : work->lines + row % work->line_count * work->line_bytes;

        for (int32_t i = 0; i < layer->runs; i++) {
            *run++ = line + i * w->dilation_width * work->depth;
        }
    }
}

/* Where the outputs of a channel come from and go to: `sum_step` words lie between the sums of two pixels, `apart` bytes
 * between the pixels. */
struct line {
    const int32_t *sums;
    int32_t sum_step;
    int32_t count; /* of pixels, an even number */
    int8_t *out;
    int32_t apart;
};

/* Rare, and large. */
static TG_NOINLINE void finish_by_rule(const struct tg_conv2d_quads_dsp *layer, struct line line,
                                       const int32_t *words)
{
    const struct tg_dsp_scale scale = {NULL, layer->form, layer->out_zero_point, layer->out_min, layer->out_max};

    for (int32_t i = 0; i < line.count; i++) {
        line.out[i * line.apart] = tg_dsp_by_plain_rule(line.sums[i * line.sum_step], words, &scale);
    }
}

TG_INLINE void finish_in_form(struct line line, const int32_t *words, int32_t form)
{
    const int32_t channel[3] = {words[0], words[1], form == TG_DSP_TWO_ROUNDINGS ? words[2] : 0};
    const int32_t *sums = line.sums;
    const int32_t sum_step = line.sum_step;
    const int32_t apart = line.apart;
    int8_t *out = line.out;

    for (int32_t left = line.count; left > 0; left -= 2) {
        out[0] = tg_dsp_scaled(sums[0], channel, form);
        out[apart] = tg_dsp_scaled(sums[sum_step], channel, form);
        out += 2 * apart;
        sums += 2 * sum_step;
    }
}

TG_INLINE void finish(const struct tg_conv2d_quads_dsp *layer, struct line line, int32_t channel)
{
    const int32_t *const words = layer->words + channel * tg_dsp_channel_words(layer->form);

    if (layer->form == TG_DSP_ONE_PRODUCT) {
        finish_in_form(line, words, TG_DSP_ONE_PRODUCT);
    } else if (layer->form == TG_DSP_TWO_ROUNDINGS) {
        finish_in_form(line, words, TG_DSP_TWO_ROUNDINGS);
    } else {
        finish_by_rule(layer, line, words);
    }
}

/* `pairs` pairs of pixels from column x on, of one channel or of two; `at` is where the group's values begin. */
static void compute_pairs(const struct work *work, struct tg_quad_task *task, int32_t at, int32_t x, int32_t pairs,
                          int32_t channel, int32_t count, int8_t *out)
{
    const struct tg_conv2d_quads_dsp *layer = work->layer;
    const int32_t apart = layer->window.out_width > 1 ? layer->out_channels : 0;

    task->at = at + x * task->second;
    task->step = 2 * task->second;
    task->sums = work->sums;
    task->pairs = pairs;
    if (count == 2) {
        tg_quad_products_two_dsp(task);
    } else {
        tg_quad_products_one_dsp(task);
    }
    for (int32_t i = 0; i < count; i++) {
        const struct line line = {work->sums + i, 2, 2 * pairs, out + x * layer->out_channels + channel + i, apart};

        finish(layer, line, channel + i);
    }
}

/* All pixels of a row, of one channel or of two. A last one alone is computed with the one before it, if there is one. */
static void compute_row_by_pairs(const struct work *work, struct tg_quad_task *task, int32_t at, int32_t channel,
                                 int32_t count, int8_t *out)
{
    const int32_t width = work->layer->window.out_width;

    if (width > 1) {
        compute_pairs(work, task, at, 0, width / 2, channel, count, out);
    }
    if (width % 2 != 0) {
        compute_pairs(work, task, at, width > 1 ? width - 2 : 0, 1, channel, count, out);
    }
}

/* All pixels of a row, 4 or more, of one channel; where they are no multiple of four, one may be computed
 * twice. */
TG_NOINLINE static void compute_fours(const struct work *work, struct tg_quad_task *task, int32_t at, int32_t channel, int8_t *out)
{
    const struct tg_conv2d_quads_dsp *layer = work->layer;
    const int32_t width = layer->window.out_width;
    struct line line = {work->sums, 1, width & ~3, out + channel, layer->out_channels};

    task->at = at;
    task->step = 4 * task->second;
    task->sums = work->sums;
    task->pairs = width / 4;
    tg_quad_products_four_dsp(task);
    finish(layer, line, channel);
    if (width % 4 == 3) {
        task->at = at + (width - 4) * task->second;
        task->sums = work->sums;
        task->pairs = 1;
        tg_quad_products_four_dsp(task);
        line.count = 4;
        line.out += (width - 4) * layer->out_channels;
        finish(layer, line, channel);
    } else if (width % 4 != 0) {
        compute_pairs(work, task, at, width - 2, 1, channel, 1, out);
    }
}

static void compute_row(struct work *work, int32_t y, int8_t *out)
{
    const struct tg_conv2d_quads_dsp *layer = work->layer;
    const int32_t width = layer->window.out_width;
    const int32_t runs = layer->window.kernel_height * layer->runs;
    const int32_t channel_bytes = runs * layer->run_quads * 4;
    struct tg_quad_task task;
    int32_t at = 0;
    int32_t count;

    take_rows(work, y);
    task.runs = work->runs;
    task.runs_end = work->runs + runs;
    task.run_quads = layer->run_quads;
    task.weights = layer->weights;
    task.second = width > 1 ? layer->window.stride_width * work->depth : 0;
    for (int32_t channel = 0; channel < layer->out_channels; channel += count) {
        const int32_t left = work->channels - channel % work->channels;

        count = left < 2 ? 1 : 2;
        task.bias[0] = layer->bias[channel];
        task.bias[1] = layer->bias[channel + count - 1];
        if (count == 1 && width >= 4) {
            compute_fours(work, &task, at, channel, out);
        } else {
            compute_row_by_pairs(work, &task, at, channel, count, out);
        }
        task.weights += count * channel_bytes;
        if (count == left) {
            at += layer->part_bytes;
        }
    }
}

static void clamp(const struct tg_conv2d_quads_dsp *layer, int8_t *out, int32_t count)
{
    const struct tg_dsp_scale scale = {NULL, layer->form, layer->out_zero_point, layer->out_min, layer->out_max};

    tg_dsp_scale_clamp(&scale, out, count);
}

TG_KERNEL void tg_conv2d_quads_s8_dsp(const struct tg_conv2d_quads_dsp *layer, const int8_t *in, int8_t *out,
                                      void *scratch)
{
    const struct tg_window *const w = &layer->window;
    const int32_t row_bytes = w->out_width * layer->out_channels;
    struct work work;

    begin(&work, layer, tg_dsp_whole_tensor(w, layer->in_channels, in), scratch);
    for (int32_t y = 0; y < w->out_height; y++) {
        compute_row(&work, y, out);
        clamp(layer, out, row_bytes);
        out += row_bytes;
    }
}

TG_KERNEL void tg_conv2d_quads_s8_dsp_rows(const struct tg_conv2d_quads_dsp *layer, const int8_t *const *rows,
                                           int8_t *const *out, int32_t row_count, void *scratch)
{
    const struct tg_window *const w = &layer->window;
    struct work work;

    begin(&work, layer, tg_dsp_row_pointers(w, rows), scratch);
    for (int32_t y = 0; y < row_count; y++) {
        compute_row(&work, y, out[y]);
        clamp(layer, out[y], w->out_width * layer->out_channels);
    }
}
