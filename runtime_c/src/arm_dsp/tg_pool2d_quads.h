/* What pooling does for the DSP extension: four channels of a cell are a word. See tg_pool2d.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_POOL2D_QUADS_H
#define TG_POOL2D_QUADS_H

#include "tg_assembly.h"
#include "tg_pool2d_core.h"
#include "tg_simd.h"

#define TG_POOL_QUAD 4

/* Rows of a window, and cells, that a task may have: pointers to its rows are on the stack, sums of cells are int16. */
#define TG_POOL_ROWS 8
#define TG_POOL_CELLS 256

/* One output. */
struct tg_pool_task {
    const int8_t *const *rows; /* those of the window inside of the image, 1 or more */
    const int8_t *const *rows_end;
    int32_t width; /* cells of a row, 1 or more */
    int32_t step;  /* from one cell to the next */
    int32_t at;    /* bytes from the beginning of a row to its first cell */
    int32_t channels; /* 4 or more; the last four overlap those before them */
    int8_t *out;
    uint32_t start;  /* of a mean: tg_average_pool2d_s8_dsp.c */
    uint32_t factor;
};

/* All channels of one output. */
typedef void tg_pool_compute(struct tg_pool_task *task);

#if TG_ASSEMBLY

/* The body of a tg_pool_compute. `begin` starts what is combined in registers all0 and all1, the macro
 * tg_combine adds a word to it, `finish` stores the outputs at `out`, with x, x1 .. x3 and r0, the task.
 *
 * Four channels: 17 cycles + 2 words of combining for each row; 11 + 4 for four cells, 5 for the first of two left and
 * 5 for the last one, each with what combining takes. */
#define TG_POOL_FUNCTION(begin, finish) \
    ".syntax unified\n" \
    "row .req r1\n rows_end .req r2\n x .req r3\n x1 .req r4\n x2 .req r5\n x3 .req r6\n all0 .req r7\n" \
    "cells .req r8\n step .req r9\n at .req r10\n out .req r11\n all1 .req r12\n left .req lr\n" \
    "push {r4-r11, lr}\n" \
    "ldr rows_end, [r0, #4]\n" \
    "ldr step, [r0, #12]\n" \
    "ldr at, [r0, #16]\n" \
    "ldr left, [r0, #20]\n" \
    "ldr out, [r0, #24]\n" \
    "1: ldr row, [r0]\n" begin \
    /* a row */ \
    "2: ldr cells, [r0, #8]\n" \
    "ldr x, [row], #4\n" \
    "lsrs cells, cells, #1\n" \
    "add x, x, at\n" \
    "bcc 3f\n" \
    "ldr x1, [x]\n" \
    "add x, x, step\n" \
    "tg_combine x1\n" \
    "3: lsrs cells, cells, #1\n" \
    "bcc 4f\n" \
    "ldr x1, [x]\n" \
    "ldr x2, [x, step]\n" \
    "add x, x, step, lsl #1\n" \
    "tg_combine x1\n" \
    "tg_combine x2\n" \
    "4: cmp cells, #0\n" \
    "beq 6f\n" \
    "5: ldr x1, [x]\n" \
    "ldr x2, [x, step]\n" \
    "add x, x, step, lsl #1\n" \
    "tg_combine x1\n" \
    "tg_combine x2\n" \
    "ldr x1, [x]\n" \
    "ldr x2, [x, step]\n" \
    "add x, x, step, lsl #1\n" \
    "subs cells, cells, #1\n" \
    "tg_combine x1\n" \
    "tg_combine x2\n" \
    "bne 5b\n" \
    "6: cmp row, rows_end\n" \
    "bne 2b\n" finish \
    /* the next four channels; where fewer are left, some of these once more */ \
    "subs left, left, #4\n" \
    "beq 7f\n" \
    "cmp left, #4\n" \
    "itee ge\n" \
    "movge x, #4\n" \
    "movlt x, left\n" \
    "movlt left, #4\n" \
    "add at, at, x\n" \
    "add out, out, x\n" \
    "b 1b\n" \
    "7: pop {r4-r11, pc}\n" \
    ".unreq row\n .unreq rows_end\n .unreq x\n .unreq x1\n .unreq x2\n .unreq x3\n .unreq all0\n" \
    ".unreq cells\n .unreq step\n .unreq at\n .unreq out\n .unreq all1\n .unreq left\n"

#endif

/* Applies the clamps of an activation to a finished output; free where there are none. */
TG_INLINE void tg_pool_clamp(const struct tg_pool2d *layer, int8_t *out)
{
    const int32_t low = layer->out_min;
    const int32_t high = layer->out_max;

    if (low == INT8_MIN && high == INT8_MAX) {
        return;
    }
    for (int32_t c = 0; c < layer->channels; c++) {
        out[c] = (int8_t)tg_clamp(out[c], low, high);
    }
}

/* One output row from the rows of a task, `joined` of which are one behind the other. */
TG_INLINE void tg_pool_one_row(const struct tg_pool2d *layer, struct tg_pool_task *task, int32_t joined, int8_t *out,
                               tg_pool_compute *compute)
{
    const struct tg_window *const w = &layer->window;
    int32_t x = -w->pad_left;

    for (int32_t left = w->out_width; left > 0; left--) {
        const int32_t first = x < 0 ? 0 : x;
        const int32_t end = x + w->kernel_width < w->in_width ? x + w->kernel_width : w->in_width;

        task->at = first * layer->channels;
        task->width = (end - first) * joined;
        task->out = out;
        compute(task);
        tg_pool_clamp(layer, out);
        out += layer->channels;
        x += w->stride_width;
    }
}

/* Cells of any window; those without a gap between the rows are one row. */
TG_INLINE struct tg_cells tg_pool_joined(const struct tg_cells *cells)
{
    struct tg_cells joined = *cells;

    if (joined.rows == NULL && joined.width * joined.step == joined.row_bytes) {
        joined.width *= joined.row_count;
        joined.row_count = 1;
    }
    return joined;
}

/* Whether windows are as wide as the image, so that their rows lie one behind the other. */
TG_INLINE int32_t tg_pool_is_joined(const struct tg_window *w)
{
    return w->out_width == 1 && w->kernel_width == w->in_width && w->pad_left == 0;
}

/* Whether tasks can compute the layer, of a whole tensor or of rows behind pointers. */
TG_INLINE int32_t tg_pool_has_tasks(const struct tg_pool2d *layer, int32_t is_whole)
{
    const struct tg_window *const w = &layer->window;
    const int32_t is_joined = is_whole && tg_pool_is_joined(w);

    return layer->channels >= TG_POOL_QUAD && w->kernel_height * w->kernel_width <= TG_POOL_CELLS &&
           (is_joined || w->kernel_height <= TG_POOL_ROWS);
}

/* A whole tensor, and rows behind pointers, where there are tasks. */
TG_INLINE void tg_pool_whole_tasks(const struct tg_pool2d *layer, const int8_t *in, int8_t *out,
                                   tg_pool_compute *compute)
{
    const struct tg_window *const w = &layer->window;
    const int32_t row_bytes = w->in_width * layer->channels;
    const int32_t is_joined = tg_pool_is_joined(w);
    const int8_t *rows[TG_POOL_ROWS];
    struct tg_pool_task task;

    task.rows = rows;
    task.step = layer->channels;
    task.channels = layer->channels;
    for (int32_t y = 0; y < w->out_height; y++) {
        const int32_t top = y * w->stride_height - w->pad_top;
        const int32_t first = top < 0 ? 0 : top;
        const int32_t end = top + w->kernel_height < w->in_height ? top + w->kernel_height : w->in_height;
        const int32_t count = is_joined ? 1 : end - first;

        for (int32_t i = 0; i < count; i++) {
            rows[i] = in + (first + i) * row_bytes;
        }
        task.rows_end = rows + count;
        tg_pool_one_row(layer, &task, is_joined ? end - first : 1, out, compute);
        out += w->out_width * layer->channels;
    }
}

TG_INLINE void tg_pool_row_tasks(const struct tg_pool2d *layer, const int8_t *const *in_rows, int8_t *const *out,
                                 int32_t row_count, tg_pool_compute *compute)
{
    const struct tg_window *const w = &layer->window;
    const int8_t *rows[TG_POOL_ROWS];
    struct tg_pool_task task;

    task.rows = rows;
    task.step = layer->channels;
    task.channels = layer->channels;
    for (int32_t y = 0; y < row_count; y++) {
        int32_t count = 0;

        for (int32_t i = 0; i < w->kernel_height; i++) {
            if (in_rows[i] != NULL) {
                rows[count++] = in_rows[i];
            }
        }
        task.rows_end = rows + count;
        tg_pool_one_row(layer, &task, 1, out[y], compute);
        in_rows += w->stride_height;
    }
}

#if !TG_ASSEMBLY

/* The body of a tg_pool_compute in C: `one` computes four channels that begin at an offset in the rows. */
TG_INLINE void tg_pool_compute_in_c(const struct tg_pool_task *task,
                                    void (*one)(const struct tg_pool_task *task, int32_t channel))
{
    for (int32_t c = 0; c < task->channels; c += TG_POOL_QUAD) {
        one(task, c + TG_POOL_QUAD <= task->channels ? c : task->channels - TG_POOL_QUAD);
    }
}

#endif

#endif
