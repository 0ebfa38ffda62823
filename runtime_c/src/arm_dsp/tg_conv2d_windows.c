/* See tg_conv2d_windows.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_windows.h"

/* Room for a row pointer in scratch, on every core. */
#define POINTER_BYTES 8

/* A run is read by fours, also where it is shorter. */
#define LEAST_RUN 4

/* From a word of a pixel to its next in a pair. */
#define NEXT_WORD 8

TG_KERNEL void tg_conv2d_widen_dsp(int8_t *to, const int8_t *const *rows, int32_t count, int32_t values, int32_t at,
                                   const int8_t *padding);

#if TG_ASSEMBLY

/* Widens `count` runs of `values` each, those at rows[i] + at, or the padding where a row is NULL. 27 cycles for each 16
 * values, 15 for 8 more, 9 for 4 more, and about 21 for each run. */
TG_NAKED void tg_conv2d_widen_dsp(int8_t *to TG_PAIR_ARGUMENT, const int8_t *const *rows TG_PAIR_ARGUMENT,
                                  int32_t count TG_PAIR_ARGUMENT, int32_t values TG_PAIR_ARGUMENT,
                                  int32_t at TG_PAIR_ARGUMENT, const int8_t *padding TG_PAIR_ARGUMENT)
{
    __asm__ volatile(
        ".syntax unified\n"
        "push {r4-r11, lr}\n"
        "ldr r11, [sp, #36]\n" /* at */
        "ldr r12, [sp, #40]\n" /* padding */
        ".macro tg_widen bytes, even_at, odd_at\n"
        "sxtb16 r10, \\bytes, ror #8\n"
        "sxtb16 \\bytes, \\bytes\n"
        "str \\bytes, [r0, #\\even_at]\n"
        "str r10, [r0, #\\odd_at]\n"
        ".endm\n"
        "1: ldr r4, [r1]\n"
        "adds r1, r1, #4\n"
        "cmp r4, #0\n"
        "ite eq\n"
        "moveq r4, r12\n"
        "addne r4, r4, r11\n"
        "subs r5, r3, #16\n"
        "blt 3f\n"
        ".balign 4\n"
        "2: ldr r6, [r4]\n"
        "ldr r7, [r4, #4]\n"
        "ldr r8, [r4, #8]\n"
        "ldr r9, [r4, #12]\n"
        "adds r4, r4, #16\n"
        "tg_widen r6, 0, 8\n"
        "tg_widen r7, 16, 24\n"
        "tg_widen r8, 32, 40\n"
        "tg_widen r9, 48, 56\n"
        "adds r0, r0, #64\n"
        "subs r5, r5, #16\n"
        "bge 2b\n"
        "3: adds r5, r5, #8\n"
        "blt 4f\n"
        "ldr r6, [r4]\n"
        "ldr r7, [r4, #4]\n"
        "adds r4, r4, #8\n"
        "tg_widen r6, 0, 8\n"
        "tg_widen r7, 16, 24\n"
        "adds r0, r0, #32\n"
        "subs r5, r5, #8\n"
        "4: adds r5, r5, #4\n"
        "blt 5f\n"
        "ldr r6, [r4]\n"
        "adds r4, r4, #4\n"
        "tg_widen r6, 0, 8\n"
        "adds r0, r0, #16\n"
        "subs r5, r5, #4\n"
        "5: adds r5, r5, #4\n"
        "beq 7f\n"
        /* one to three values: the four that end with the last */
        "add r4, r4, r5\n"
        "ldr r6, [r4, #-4]\n"
        "sxtb16 r10, r6, ror #8\n"
        "sxtb16 r6, r6\n"
        "cmp r5, #3\n"
        "bne 6f\n"
        "pkhbt r7, r6, r10, lsl #16\n"
        "str r7, [r0]\n"
        "adds r0, r0, #8\n"
        "6: pkhtb r7, r10, r6, asr #16\n"
        "str r7, [r0]\n"
        "adds r0, r0, #8\n"
        "7: subs r2, r2, #1\n"
        "bne 1b\n"
        ".purgem tg_widen\n"
        "pop {r4-r11, pc}\n");
}

#else

static int8_t *store_word(int8_t *to, uint32_t word)
{
    memcpy(to, &word, sizeof word);
    return to + NEXT_WORD;
}

static int8_t *widen_run(int8_t *to, const int8_t *from, int32_t values)
{
    for (; values >= 4; values -= 4) {
        const uint32_t bytes = tg_load_quad(from);
        to = store_word(to, tg_sxtb16(bytes));
        to = store_word(to, tg_sxtb16_ror8(bytes));
        from += 4;
    }
    if (values > 0) {
        const uint32_t bytes = tg_load_quad(from + values - 4);
        const uint32_t even = tg_sxtb16(bytes);
        const uint32_t odd = tg_sxtb16_ror8(bytes);
        if (values == 3) {
            to = store_word(to, tg_pkhbt_lsl16(even, odd));
        }
        to = store_word(to, tg_pkhtb_asr16(odd, even));
    }
    return to;
}

TG_KERNEL void tg_conv2d_widen_dsp(int8_t *to, const int8_t *const *rows, int32_t count, int32_t values, int32_t at,
                                   const int8_t *padding)
{
    for (int32_t i = 0; i < count; i++) {
        to = widen_run(to, rows[i] == NULL ? padding : rows[i] + at, values);
    }
}

#endif

/* Where things are in scratch, and how long. */
struct places {
    int8_t *sums;
    const int8_t **rows; /* the input rows of the kernel's rows; NULL is a row of padding */
    const int8_t **runs; /* the same for copies of their runs */
    int8_t *pairs;
    int8_t *padding;     /* a run of padding; */
    int8_t *copies;      /* behind it, room for a run of each row */
    int32_t values;      /* of a run */
    int32_t runs_bytes;  /* of the runs of all rows, widened */
    int32_t pair_bytes;  /* of a pair's windows */
};

static void find_places(const struct tg_conv2d_dsp *layer, void *scratch, struct places *places)
{
    const struct tg_window *const w = &layer->window;
    int8_t *at = (int8_t *)scratch;

    places->values = layer->run_columns * (layer->in_channels / layer->groups);
    places->pair_bytes = layer->steps * TG_PAIR_STEP_BYTES;
    places->runs_bytes = w->kernel_height * ((places->values + 1) >> 1) * TG_PAIR_STEP_BYTES;
    places->sums = at;
    at += TG_PAIR_SUMS_BYTES;
    places->rows = (const int8_t **)(void *)at;
    at += w->kernel_height * POINTER_BYTES;
    places->runs = (const int8_t **)(void *)at;
    at += w->kernel_height * POINTER_BYTES;
    places->pairs = at;
    at += layer->chunk * places->pair_bytes + LEAST_RUN;
    places->padding = at;
    places->copies = at + places->values;
    (void)memset(places->padding, layer->in_zero_point, (size_t)places->values);
}

/* A walk over output pixels, row by row. */
struct walk {
    int32_t y; /* from the first row of `rows` on */
    int32_t x;
};

/* At the start of an output row. */
static void find_rows(const struct tg_conv2d_dsp *layer, const struct tg_dsp_rows *rows, const struct places *places,
                      int32_t y)
{
    const struct tg_window *const w = &layer->window;

    for (int32_t ky = 0; ky < w->kernel_height; ky++) {
        places->rows[ky] = tg_dsp_row(rows, y * w->stride_height + ky * w->dilation_height);
    }
}

/* A copy of a run that lies in the padding in part, or is short. `row` holds the group's channels of the first column. */
TG_COMPACT static void copy_run(const struct tg_conv2d_dsp *layer, const int8_t *row, int32_t column, int32_t values, int8_t *to)
{
    const int32_t columns = layer->run_columns;
    const int32_t depth = values / columns;
    const int32_t begin = tg_clamp(-column, 0, columns);
    const int32_t end = tg_clamp(layer->window.in_width - column, begin, columns);

    (void)memset(to, layer->in_zero_point, (size_t)values);
    (void)memcpy(to + begin * depth, row + (column + begin) * layer->in_channels, (size_t)((end - begin) * depth));
}

/* Copies the runs from `column` on, but those of rows of padding; `offset` is where the group's channels begin. */
TG_COMPACT static void copy_runs(const struct tg_conv2d_dsp *layer, const struct places *places, int32_t column,
                                 int32_t offset)
{
    for (int32_t ky = 0; ky < layer->window.kernel_height; ky++) {
        const int8_t *const row = places->rows[ky];
        int8_t *const copy = places->copies + ky * places->values;

        places->runs[ky] = row == NULL ? NULL : copy;
        if (row != NULL) {
            copy_run(layer, row + offset, column, places->values, copy);
        }
    }
}

/* Widens the window of output column x. */
TG_HOT static void widen_window(const struct tg_conv2d_dsp *layer, const struct places *places, int32_t x, int32_t group,
                         int8_t *to)
{
    const struct tg_window *const w = &layer->window;
    const int32_t columns = layer->run_columns;
    const int32_t offset = group * places->values / columns;
    const int32_t rows = w->kernel_height;
    int32_t column = x * w->stride_width - w->pad_left;

    for (int32_t kx = 0; kx < w->kernel_width; kx += columns) {
        if (column >= 0 && column + columns <= w->in_width && places->values >= LEAST_RUN) {
            const int32_t at = column * layer->in_channels + offset;

            tg_conv2d_widen_dsp(to, places->rows, rows, places->values, at, places->padding);
        } else {
            copy_runs(layer, places, column, offset);
            tg_conv2d_widen_dsp(to, places->runs, rows, places->values, 0, places->padding);
        }
        to += places->runs_bytes;
        column += w->dilation_width;
    }
}

/* Widens the windows of `pixels` pixels; a single one twice, as its own partner. Returns where the walk goes on. */
static struct walk widen_windows(const struct tg_conv2d_dsp *layer, const struct tg_dsp_rows *rows,
                                 const struct places *places, struct walk walk, int32_t pixels, int32_t group)
{
    find_rows(layer, rows, places, walk.y);
    for (int32_t i = 0; i < pixels; i++) {
        int8_t *const to = places->pairs + i / 2 * places->pair_bytes + i % 2 * TG_PAIR_WORD_BYTES;

        widen_window(layer, places, walk.x, group, to);
        if (pixels == 1) {
            widen_window(layer, places, walk.x, group, to + TG_PAIR_WORD_BYTES);
        }
        walk.x += 1;
        if (walk.x == layer->window.out_width) {
            walk.x = 0;
            walk.y += 1;
            if (i + 1 < pixels) {
                find_rows(layer, rows, places, walk.y);
            }
        }
    }
    return walk;
}

/* `count` pixels, from the first of row y on. */
TG_COMPACT static void compute_pixels(const struct tg_conv2d_dsp *layer, const struct tg_dsp_rows *rows, int32_t y, int32_t count,
                           int8_t *out, const struct places *places, const struct tg_conv2d_method *method)
{
    const int32_t channels = layer->out_channels / layer->groups;
    const int32_t step = layer->out_step;
    struct walk walk = {y, 0};
    struct tg_pair_task task;

    task.x = places->pairs;
    task.x_step = places->pair_bytes;
    task.out_step = 2 * step;
    task.weights_bytes = layer->steps * method->step_bytes;
    for (int32_t done = 0; done < count;) {
        const int32_t some = tg_clamp((count - done) / 2 * 2, 1, 2 * layer->chunk);
        struct walk next = walk;

        task.out_b = some == 1 ? 0 : step;
        task.pairs = (some + 1) / 2;
        task.weights = layer->weights;
        task.block = layer->scale.blocks;
        for (int32_t group = 0; group < layer->groups; group++) {
            next = widen_windows(layer, rows, places, walk, some, group);
            task.out = out + done * step + group * channels;
            tg_pair_run_channels(&task, &layer->scale, channels, places->sums, method->run);
            tg_pair_skip_blocks(&task, (channels + TG_DSP_BLOCK - 1) / TG_DSP_BLOCK);
        }
        walk = next;
        done += some;
    }
    tg_dsp_scale_clamp(&layer->scale, out, count * step);
}

TG_KERNEL void tg_conv2d_windows(const struct tg_conv2d_dsp *layer, const int8_t *in, int8_t *out, void *scratch,
                                 const struct tg_conv2d_method *method)
{
    const struct tg_window *const w = &layer->window;
    const struct tg_dsp_rows rows = tg_dsp_whole_tensor(w, layer->in_channels, in);
    struct places places;

    find_places(layer, scratch, &places);
    compute_pixels(layer, &rows, 0, w->out_height * w->out_width, out, &places, method);
}

TG_KERNEL void tg_conv2d_windows_rows(const struct tg_conv2d_dsp *layer, const int8_t *const *rows, int8_t *const *out,
                                      int32_t row_count, void *scratch, const struct tg_conv2d_method *method)
{
    const struct tg_dsp_rows in = tg_dsp_row_pointers(&layer->window, rows);
    struct places places;

    find_places(layer, scratch, &places);
    for (int32_t y = 0; y < row_count; y++) {
        compute_pixels(layer, &in, y, layer->window.out_width, out[y], &places, method);
    }
}
