/* Convolution with kernels three columns wide (tg_conv2d_3_wide_dsp.h), with a hot loop for each stride that lies in
 * scratch when the outer loops begin (tg_pair_hand_over).
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_3_WIDE_H
#define TG_CONV2D_3_WIDE_H

#include "tg_conv2d_3_wide_dsp.h"
#include "tg_dsp_pair.h"

/* Eight channels of a column, widened. */
#define TG_3_WIDE_PART_BYTES 16
#define TG_3_WIDE_PART_WORDS 4

#define TG_3_WIDE_COLUMNS 3

/* Weights of a part in one kernel row. */
#define TG_3_WIDE_PART_WEIGHTS (TG_3_WIDE_PART_WORDS * TG_3_WIDE_COLUMNS * TG_PAIR_STEP_WORDS)

/* Widened columns in scratch, a row of them for each row of the kernel. */
struct tg_3_wide_buffer {
    int8_t *rows;
    int32_t row_bytes;
    int32_t pitch; /* from a part of a row to the next */
    int32_t parts;
    int32_t pixels; /* of the output, two or more, whose windows they are */
};

/* Widens eight channels of `count` pixels that lie `step` bytes apart. */
void tg_conv2d_3_wide_widen_dsp(int8_t *to, const int8_t *from, int32_t step, int32_t count);

/* `bytes` of padding, a multiple of eight. */
void tg_conv2d_3_wide_fill(int8_t *to, int32_t zero_point, int32_t bytes);

/* All channels of the pixels of a buffer; the first row of their windows is in slot `first`. */
TG_INLINE void tg_3_wide_compute(const struct tg_conv2d_3_wide_dsp *layer, const struct tg_3_wide_buffer *buffer,
                                 int32_t first, int8_t *out, int8_t *sums, tg_pair_run *run)
{
    const int32_t height = layer->window.kernel_height;
    const int32_t width = buffer->pixels;
    const int32_t out_channels = layer->out_channels;
    const int32_t pixel_bytes = layer->window.stride_width * TG_3_WIDE_PART_BYTES;
    const int32_t row_weights = buffer->parts * TG_3_WIDE_PART_WEIGHTS * TG_PAIR_WORD_BYTES;
    struct tg_pair_task task;

    task.x_step = 2 * pixel_bytes;
    task.out_b = out_channels;
    task.out_step = 2 * out_channels;
    task.weights_bytes = height * row_weights;
    task.pitch = buffer->pitch;
    task.wrap_bytes = (height - first) * row_weights;
    task.wrap_back = height * buffer->row_bytes;
    for (int32_t done = 0; done < width; done += 2 * task.pairs) {
        const int32_t column = done + 1 < width ? done : width - 2; /* a last pixel is paired with the one before */

        task.pairs = done + 1 < width ? (width - done) / 2 : 1;
        task.x = buffer->rows + first * buffer->row_bytes + column * pixel_bytes;
        task.out = out + column * out_channels;
        task.weights = layer->weights;
        task.block = layer->scale.blocks;
        tg_pair_run_channels(&task, &layer->scale, out_channels, sums, run);
    }
    tg_dsp_scale_clamp(&layer->scale, out, width * out_channels);
}

/* Computes the whole output; scratch hands over the hot loop. */
void tg_conv2d_3_wide_whole(const struct tg_conv2d_3_wide_dsp *layer, const int8_t *in, int8_t *out, void *scratch);

/* Computes row_count output rows. */
void tg_conv2d_3_wide_rows(const struct tg_conv2d_3_wide_dsp *layer, const int8_t *const *rows, int8_t *const *out,
                           int32_t row_count, void *scratch);

#if TG_ASSEMBLY

/* More places in the frame. */
#define TG_3_WIDE_W_WRAP TG_PAIR_FREE   /* where x wraps around */
#define TG_3_WIDE_W_STOP TG_PAIR_FREE_4 /* that, or the end */
#define TG_3_WIDE_PITCH TG_PAIR_FREE_8
#define TG_3_WIDE_BACK TG_PAIR_FREE_12

/* All up to a part: x is at its first column, w at its weights, with label 2. */
#define TG_3_WIDE_ENTER                                                                                                \
    TG_PAIR_NAMES                                                                                                      \
    TG_PAIR_PRODUCTS                                                                                                   \
    TG_PAIR_ENTER                                                                                                      \
    "ldr r1, [r0, #" TG_PAIR_TASK_PITCH "]\n"                                                                          \
    "ldr r2, [r0, #" TG_PAIR_TASK_WRAP_BACK "]\n"                                                                      \
    "str r1, [sp, #" TG_3_WIDE_PITCH "]\n"                                                                             \
    "str r2, [sp, #" TG_3_WIDE_BACK "]\n"                                                                              \
    /* a block */                                                                                                      \
    "0:\n"                                                                                                             \
    TG_PAIR_ENTER_BLOCK                                                                                                \
    "ldr r3, [r0, #" TG_PAIR_TASK_WRAP_BYTES "]\n"                                                                     \
    "add r3, r3, r1\n"                                                                                                 \
    "str r3, [sp, #" TG_3_WIDE_W_WRAP "]\n"                                                                            \
    "ldr x, [sp, #" TG_PAIR_X "]\n"                                                                                    \
    /* a pair */                                                                                                       \
    "1: ldr r0, [sp, #" TG_PAIR_STARTS "]\n"                                                                           \
    "ldr r1, [sp, #" TG_3_WIDE_W_WRAP "]\n"                                                                            \
    "ldr w, [sp, #" TG_PAIR_W "]\n"                                                                                    \
    "str r1, [sp, #" TG_3_WIDE_W_STOP "]\n"                                                                            \
    TG_PAIR_START                                                                                                      \
    ".balign 4\n"                                                                                                      \
    "2:\n"

/* All behind a part. 8 cycles. */
#define TG_3_WIDE_LEAVE                                                                                                \
    "ldr r0, [sp, #" TG_3_WIDE_PITCH "]\n"                                                                             \
    "ldr r1, [sp, #" TG_3_WIDE_W_STOP "]\n"                                                                            \
    "adds w, w, #96\n"                                                                                                 \
    "add x, x, r0\n"                                                                                                   \
    "cmp w, r1\n"                                                                                                      \
    "bne 2b\n"                                                                                                         \
    /* at the end of the scratch, or of the window */                                                                  \
    "ldr r0, [sp, #" TG_PAIR_W_END "]\n"                                                                               \
    "ldr r1, [sp, #" TG_3_WIDE_BACK "]\n"                                                                              \
    "cmp w, r0\n"                                                                                                      \
    "beq 4f\n"                                                                                                         \
    "str r0, [sp, #" TG_3_WIDE_W_STOP "]\n"                                                                            \
    "sub x, x, r1\n"                                                                                                   \
    "b 2b\n"                                                                                                           \
    "4:\n"                                                                                                             \
    TG_PAIR_FINISH                                                                                                     \
    TG_PAIR_NEXT_BLOCK                                                                                                 \
    "bne 0b\n"                                                                                                         \
    TG_PAIR_LEAVE                                                                                                      \
    ".purgem tg_products\n"                                                                                            \
    TG_PAIR_FORGET_NAMES

#else

/* One part of a kernel row, of which x is the first column; `order` is that of the weights' columns. */
TG_INLINE void tg_3_wide_part(struct tg_pair_sums *a, struct tg_pair_sums *b, const int8_t *x, int32_t stride,
                              const int8_t *order, const int32_t *weights)
{
    for (int32_t i = 0; i < TG_3_WIDE_PART_WORDS; i++) {
        for (int32_t k = 0; k < TG_3_WIDE_COLUMNS; k++) {
            const int8_t *const at = x + order[k] * TG_3_WIDE_PART_BYTES + i * TG_PAIR_WORD_BYTES;
            tg_pair_products(a, at, weights);
            tg_pair_products(b, at + stride * TG_3_WIDE_PART_BYTES, weights);
            weights += TG_PAIR_STEP_WORDS;
        }
    }
}

TG_INLINE void tg_3_wide_pair(const struct tg_pair_task *task, const int8_t *x, int32_t stride, const int8_t *order,
                              const int32_t *weights, const int32_t *block, int8_t *out)
{
    const int32_t *const wrap = weights + task->wrap_bytes / TG_PAIR_WORD_BYTES;
    const int32_t *const end = weights + task->weights_bytes / TG_PAIR_WORD_BYTES;
    struct tg_pair_sums a = tg_pair_start(task, block);
    struct tg_pair_sums b = a;

    for (; weights != end; weights += TG_3_WIDE_PART_WEIGHTS) {
        if (weights == wrap) {
            x -= task->wrap_back;
        }
        tg_3_wide_part(&a, &b, x, stride, order, weights);
        x += task->pitch;
    }
    tg_pair_finish(&b, block, task->form, out + task->out_b);
    tg_pair_finish(&a, block, task->form, out);
}

TG_INLINE void tg_3_wide_run(const struct tg_pair_task *task, int32_t stride, const int8_t *order)
{
    const int32_t *weights = task->weights;
    const int32_t *block = task->block;

    for (int32_t i = 0; i < task->blocks; i++) {
        int8_t *const out = task->out + i * TG_DSP_BLOCK;
        for (int32_t pair = 0; pair < task->pairs; pair++) {
            tg_3_wide_pair(task, task->x + pair * task->x_step, stride, order, weights, block,
                           out + pair * task->out_step);
        }
        weights += task->weights_bytes / TG_PAIR_WORD_BYTES;
        block += task->block_bytes / TG_PAIR_WORD_BYTES;
    }
}

#endif

#endif
