/* See tg_conv2d_3_wide_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_3_wide_dsp.h"
#include "tg_dsp_pair.h"
#include "tg_dsp_rows.h"

/* Channels of a part, and what they take. */
#define PART 8
#define PART_BYTES 16
#define PART_WORDS 4
#define COLUMNS 3

/* Weights of a part in one kernel row. */
#define PART_WEIGHTS (PART_WORDS * COLUMNS * TG_PAIR_STEP_WORDS)

TG_KERNEL void tg_conv2d_3_wide_widen_dsp(int8_t *to, const int8_t *from, int32_t step, int32_t count);
TG_KERNEL void tg_conv2d_3_wide_run_dsp(struct tg_pair_task *task);

#if TG_ASSEMBLY

/* Widens eight channels of `count` pixels that lie `step` bytes apart. 29 cycles for two pixels. */
TG_NAKED void tg_conv2d_3_wide_widen_dsp(int8_t *to TG_PAIR_ARGUMENT, const int8_t *from TG_PAIR_ARGUMENT,
                                         int32_t step TG_PAIR_ARGUMENT, int32_t count TG_PAIR_ARGUMENT)
{
    __asm__ volatile(
        ".syntax unified\n"
        "push {r4-r11, lr}\n"
        "add lr, r1, r2\n"
        "lsls r2, r2, #1\n"
        "subs r3, r3, #2\n"
        "blt 2f\n"
        ".balign 4\n"
        "1: ldr r4, [r1]\n"
        "ldr r6, [r1, #4]\n"
        "ldr r8, [lr]\n"
        "ldr r10, [lr, #4]\n"
        "add r1, r1, r2\n"
        "add lr, lr, r2\n"
        "sxtb16 r5, r4, ror #8\n"
        "sxtb16 r4, r4\n"
        "sxtb16 r7, r6, ror #8\n"
        "sxtb16 r6, r6\n"
        "sxtb16 r9, r8, ror #8\n"
        "sxtb16 r8, r8\n"
        "sxtb16 r11, r10, ror #8\n"
        "sxtb16 r10, r10\n"
        "stmia r0!, {r4-r11}\n"
        "subs r3, r3, #2\n"
        "bge 1b\n"
        "2: adds r3, r3, #2\n"
        "beq 3f\n"
        "ldr r4, [r1]\n"
        "ldr r6, [r1, #4]\n"
        "sxtb16 r5, r4, ror #8\n"
        "sxtb16 r4, r4\n"
        "sxtb16 r7, r6, ror #8\n"
        "sxtb16 r6, r6\n"
        "stmia r0!, {r4-r7}\n"
        "3: pop {r4-r11, pc}\n");
}

/* For each pair and block 180 cycles for each part of a kernel row, which are 192 products, and about 90 more.
 * Frame: */
#define W_WRAP TG_PAIR_FREE   /* where x wraps around */
#define W_STOP TG_PAIR_FREE_4 /* that, or the end */
#define PITCH TG_PAIR_FREE_8
#define BACK TG_PAIR_FREE_12

TG_NAKED void tg_conv2d_3_wide_run_dsp(struct tg_pair_task *task TG_PAIR_ARGUMENT)
{
    __asm__ volatile(
        TG_PAIR_NAMES
        TG_PAIR_PRODUCTS
        TG_PAIR_ENTER
        "ldr r1, [r0, #" TG_PAIR_TASK_PITCH "]\n"
        "ldr r2, [r0, #" TG_PAIR_TASK_WRAP_BACK "]\n"
        "str r1, [sp, #" PITCH "]\n"
        "str r2, [sp, #" BACK "]\n"

        /* a block */
        "0:\n"
        TG_PAIR_ENTER_BLOCK
        "ldr r3, [r0, #" TG_PAIR_TASK_WRAP_BYTES "]\n"
        "add r3, r3, r1\n"
        "str r3, [sp, #" W_WRAP "]\n"

        /* a pair */
        "1: ldr r0, [sp, #" TG_PAIR_STARTS "]\n"
        "ldr r1, [sp, #" W_WRAP "]\n"
        "ldr w, [sp, #" TG_PAIR_W "]\n"
        "ldr x, [sp, #" TG_PAIR_X "]\n"
        "str r1, [sp, #" W_STOP "]\n"
        TG_PAIR_START

        /* a part: for each of its words the columns 0 and 1, 1 and 2, 2 and 3 */
        ".balign 4\n"
        "2:\n"
        ".irp i, 0,1,2,3\n"
        "ldr pa, [x, #4 * \\i]\n"
        "ldr pb, [x, #4 * \\i + 16]\n"
        "ldr ab, [w, #24 * \\i]\n"
        "ldr cd, [w, #24 * \\i + 4]\n"
        "tg_products pa, pb\n"
        "ldr pa, [x, #4 * \\i + 32]\n"
        "ldr ab, [w, #24 * \\i + 8]\n"
        "ldr cd, [w, #24 * \\i + 12]\n"
        "tg_products pb, pa\n"
        "ldr pb, [x, #4 * \\i + 48]\n"
        "ldr ab, [w, #24 * \\i + 16]\n"
        "ldr cd, [w, #24 * \\i + 20]\n"
        "tg_products pa, pb\n"
        ".endr\n"
        "ldr r0, [sp, #" PITCH "]\n"
        "ldr r1, [sp, #" W_STOP "]\n"
        "adds w, w, #96\n"
        "add x, x, r0\n"
        "cmp w, r1\n"
        "bne 2b\n"

        /* at the end of the scratch, or of the window */
        "ldr r0, [sp, #" TG_PAIR_W_END "]\n"
        "ldr r1, [sp, #" BACK "]\n"
        "cmp w, r0\n"
        "beq 4f\n"
        "str r0, [sp, #" W_STOP "]\n"
        "sub x, x, r1\n"
        "b 2b\n"

        "4:\n"
        TG_PAIR_FINISH
        TG_PAIR_NEXT_BLOCK
        "bne 0b\n"
        TG_PAIR_LEAVE
        ".purgem tg_products\n"
        TG_PAIR_FORGET_NAMES);
}

#else

TG_KERNEL void tg_conv2d_3_wide_widen_dsp(int8_t *to, const int8_t *from, int32_t step, int32_t count)
{
    for (; count > 0; count--) {
        const uint32_t low = tg_load_quad(from);
        const uint32_t high = tg_load_quad(from + 4);
        const uint32_t words[PART_WORDS] = {tg_sxtb16(low), tg_sxtb16_ror8(low), tg_sxtb16(high), tg_sxtb16_ror8(high)};

        memcpy(to, words, sizeof words);
        to += sizeof words;
        from += step;
    }
}

/* One part of a kernel row, of which x is the first column. */
static void part_products(struct tg_pair_sums *a, struct tg_pair_sums *b, const int8_t *x, const int32_t *weights)
{
    for (int32_t i = 0; i < PART_WORDS; i++) {
        for (int32_t column = 0; column < COLUMNS; column++) {
            const int8_t *const at = x + column * PART_BYTES + i * TG_PAIR_WORD_BYTES;
            tg_pair_products(a, at, weights);
            tg_pair_products(b, at + PART_BYTES, weights);
            weights += TG_PAIR_STEP_WORDS;
        }
    }
}

static void run_pair(const struct tg_pair_task *task, const int8_t *x, const int32_t *weights, const int32_t *block,
                     int8_t *out)
{
    const int32_t *const wrap = weights + task->wrap_bytes / TG_PAIR_WORD_BYTES;
    const int32_t *const end = weights + task->weights_bytes / TG_PAIR_WORD_BYTES;
    struct tg_pair_sums a = tg_pair_start(task, block);
    struct tg_pair_sums b = a;

    for (; weights != end; weights += PART_WEIGHTS) {
        if (weights == wrap) {
            x -= task->wrap_back;
        }
        part_products(&a, &b, x, weights);
        x += task->pitch;
    }
    tg_pair_finish(&b, block, task->form, out + task->out_b);
    tg_pair_finish(&a, block, task->form, out);
}

TG_KERNEL void tg_conv2d_3_wide_run_dsp(struct tg_pair_task *task)
{
    const int32_t *weights = task->weights;
    const int32_t *block = task->block;

    for (int32_t i = 0; i < task->blocks; i++) {
        int8_t *const out = task->out + i * TG_DSP_BLOCK;
        for (int32_t pair = 0; pair < task->pairs; pair++) {
            run_pair(task, task->x + pair * task->x_step, weights, block, out + pair * task->out_step);
        }
        weights += task->weights_bytes / TG_PAIR_WORD_BYTES;
        block += task->block_bytes / TG_PAIR_WORD_BYTES;
    }
}

#endif

/* The widened rows in scratch, and what is the same for all of them. */
struct buffer {
    int8_t *rows;
    int32_t row_bytes;
    int32_t pitch; /* from a part of a row to the next */
    int32_t parts;
};

static struct buffer buffer_in(const struct tg_conv2d_3_wide_dsp *layer, void *scratch)
{
    const int32_t parts = layer->in_channels / PART;
    const int32_t pitch = (layer->window.out_width + COLUMNS - 1) * PART_BYTES;
    const struct buffer buffer = {(int8_t *)scratch + TG_PAIR_SUMS_BYTES, parts * pitch, pitch, parts};

    return buffer;
}

/* `bytes` of padding, a multiple of eight. */
static void fill(int8_t *to, int32_t zero_point, int32_t bytes)
{
    const uint32_t half = (uint32_t)zero_point & 0xFFFFu;
    const uint32_t words[2] = {half | (half << 16), half | (half << 16)};

    for (; bytes > 0; bytes -= (int32_t)sizeof words) {
        memcpy(to, words, sizeof words);
        to += sizeof words;
    }
}

/* Puts an input row between the padding at its sides; NULL is a row of padding. */
static void load_row(const struct tg_conv2d_3_wide_dsp *layer, const struct buffer *buffer, const int8_t *row,
                     int8_t *to)
{
    const struct tg_window *const w = &layer->window;
    int8_t *at = to + w->pad_left * PART_BYTES;

    for (int32_t part = 0; part < buffer->parts; part++) {
        if (row == NULL) {
            fill(at, layer->in_zero_point, w->in_width * PART_BYTES);
        } else {
            tg_conv2d_3_wide_widen_dsp(at, row + part * PART, layer->in_channels, w->in_width);
        }
        at += buffer->pitch;
    }
}

/* All channels of an output row, whose first input row is in slot `first`. */
static void compute_row(const struct tg_conv2d_3_wide_dsp *layer, const struct buffer *buffer, int32_t first,
                        int8_t *out, int8_t *sums)
{
    const int32_t height = layer->window.kernel_height;
    const int32_t width = layer->window.out_width;
    const int32_t out_channels = layer->out_channels;
    const int32_t row_weights = buffer->parts * PART_WEIGHTS * TG_PAIR_WORD_BYTES;
    struct tg_pair_task task;

    task.x_step = 2 * PART_BYTES;
    task.out_b = out_channels;
    task.out_step = 2 * out_channels;
    task.weights_bytes = height * row_weights;
    task.pitch = buffer->pitch;
    task.wrap_bytes = (height - first) * row_weights;
    task.wrap_back = height * buffer->row_bytes;
    for (int32_t done = 0; done < width; done += 2 * task.pairs) {
        const int32_t column = done + 1 < width ? done : width - 2; /* a last pixel is paired with the one before */

        task.pairs = done + 1 < width ? (width - done) / 2 : 1;
        task.x = buffer->rows + first * buffer->row_bytes + column * PART_BYTES;
        task.out = out + column * out_channels;
        task.weights = layer->weights;
        task.block = layer->scale.blocks;
        tg_pair_run_channels(&task, &layer->scale, out_channels, sums, tg_conv2d_3_wide_run_dsp);
    }
    tg_dsp_scale_clamp(&layer->scale, out, width * out_channels);
}

/* Output rows from `out` on, or those that `outs` points to. */
static void compute_rows(const struct tg_conv2d_3_wide_dsp *layer, const struct tg_dsp_rows *rows, int8_t *out,
                         int8_t *const *outs, int32_t row_count, void *scratch)
{
    const int32_t height = layer->window.kernel_height;
    const int32_t stride = layer->window.stride_height;
    const struct buffer buffer = buffer_in(layer, scratch);
    int32_t next = 0;      /* the input row to load, */
    int32_t next_slot = 0; /* and where to; afterwards it is the slot of the oldest row */

    fill(buffer.rows, layer->in_zero_point, height * buffer.row_bytes);
    for (int32_t y = 0; y < row_count; y++) {
        const int32_t end = y * stride + height;
        for (next = next < end - height ? end - height : next; next < end; next++) {
            load_row(layer, &buffer, tg_dsp_row(rows, next), buffer.rows + next_slot * buffer.row_bytes);
            next_slot = next_slot + 1 < height ? next_slot + 1 : 0;
        }
        compute_row(layer, &buffer, next_slot, outs == NULL ? out : outs[y], (int8_t *)scratch);
        out += layer->window.out_width * layer->out_channels;
    }
}

TG_KERNEL void tg_conv2d_3_wide_s8_dsp(const struct tg_conv2d_3_wide_dsp *layer, const int8_t *in, int8_t *out,
                                       void *scratch)
{
    const struct tg_dsp_rows rows = tg_dsp_whole_tensor(&layer->window, layer->in_channels, in);

    compute_rows(layer, &rows, out, NULL, layer->window.out_height, scratch);
}

TG_KERNEL void tg_conv2d_3_wide_s8_dsp_rows(const struct tg_conv2d_3_wide_dsp *layer, const int8_t *const *rows,
                                            int8_t *const *out, int32_t row_count, void *scratch)
{
    const struct tg_dsp_rows in = tg_dsp_row_pointers(&layer->window, rows);

    compute_rows(layer, &in, NULL, out, row_count, scratch);
}
