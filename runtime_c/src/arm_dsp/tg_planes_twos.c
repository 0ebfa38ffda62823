/* See tg_planes_twos.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_planes_twos.h"
#include "tg_assembly.h"
#include "tg_fixedpoint.h"

#define LINE_BYTES (TG_LINE_WORDS * (int32_t)sizeof(uint32_t))

#if TG_ASSEMBLY

#define HEAD "0"
#define TAIL "4"
#define PADDING "8"
#define FROM_SKIP "12" /* from the end of a line to the next one */
#define TO_SKIP "16"
#define FRAME_BYTES "20"

/* Four columns, which are 8 values, in 20 cycles; 22 for each line. */
static TG_NAKED void split_lines(const struct tg_planes_split *task __attribute__((unused)))
{
    __asm__ volatile(
        ".syntax unified\n"
        "from .req r0\n to0 .req r1\n to1 .req r2\n step .req r3\n left .req r4\n upper .req r5\n"
        "pixel0 .req r6\n pixel1 .req r7\n pixel2 .req r8\n pixel3 .req r9\n"
        "step3 .req r10\n lines .req r11\n pairs .req r12\n"

        /* the columns x, y become the next word of both planes */
        ".macro split x, y\n"
        "pkhbt \\x, \\x, \\y, lsl #16\n"
        "and \\y, upper, \\x, lsl #8\n"
        "and \\x, upper, \\x\n"
        "str \\y, [to0], #4\n"
        "str \\x, [to1], #4\n"
        ".endm\n"

        "push {r4-r11, lr}\n"
        "sub sp, sp, #" FRAME_BYTES "\n"
        "ldr to0, [r0, #4]\n"
        "ldr to1, [r0, #8]\n"
        "ldr lines, [r0, #16]\n"
        "ldr pixel1, [r0, #20]\n" /* bytes of a row */
        "ldr step, [r0, #24]\n"
        "ldr r4, [r0, #28]\n" /* head */
        "ldr pairs, [r0, #32]\n"
        "ldr r5, [r0, #36]\n" /* tail */
        "ldr r6, [r0, #40]\n"
        "ldr from, [r0]\n"
        "stm sp, {r4-r6}\n"
        "add r4, r4, r5\n"
        "add r5, r4, pairs\n"
        "rsb r5, r5, #32\n"
        "lsl r5, r5, #2\n"
        "str r5, [sp, #" TO_SKIP "]\n"
        "add r4, r4, pairs, lsl #1\n"
        "mls r4, r4, step, pixel1\n"
        "str r4, [sp, #" FROM_SKIP "]\n"
        "add to1, to1, to0\n"
        "add step3, step, step, lsl #1\n"
        "mov upper, #0xFF00FF00\n"

        "1: ldr pixel0, [sp, #" HEAD "]\n"
        "lsrs left, pairs, #1\n" /* the carry: a pair more */
        "cbz pixel0, 2f\n"
        "ldr pixel0, [sp, #" PADDING "]\n"
        "ldrh pixel1, [from]\n"
        "add from, from, step\n"
        "split pixel0, pixel1\n"
        "2: bcc 3f\n"
        "ldrh pixel0, [from]\n"
        "ldrh pixel1, [from, step]\n"
        "add from, from, step, lsl #1\n"
        "split pixel0, pixel1\n"
        "3: cbz left, 5f\n"
        ".balign 4\n"
        "4: ldrh pixel0, [from]\n"
        "ldrh pixel1, [from, step]\n"
        "ldrh pixel2, [from, step, lsl #1]\n"
        "ldrh pixel3, [from, step3]\n"
        "add from, from, step, lsl #2\n"
        "subs left, left, #1\n"
        "split pixel0, pixel1\n"
        "split pixel2, pixel3\n"
        "bne 4b\n"
        "5: ldr pixel0, [sp, #" TAIL "]\n"
        "cbz pixel0, 6f\n"
        "ldrh pixel0, [from]\n"
        "ldr pixel1, [sp, #" PADDING "]\n"
        "add from, from, step\n"
        "split pixel0, pixel1\n"
        "6: ldr pixel0, [sp, #" FROM_SKIP "]\n"
        "ldr pixel1, [sp, #" TO_SKIP "]\n"
        "subs lines, lines, #1\n"
        "add from, from, pixel0\n"
        "add to0, to0, pixel1\n"
        "add to1, to1, pixel1\n"
        "bne 1b\n"
        "add sp, sp, #" FRAME_BYTES "\n"
        "pop {r4-r11, pc}\n"
        ".unreq from\n .unreq to0\n .unreq to1\n .unreq step\n .unreq left\n .unreq upper\n"
        ".unreq pixel0\n .unreq pixel1\n .unreq pixel2\n .unreq pixel3\n"
        ".unreq step3\n .unreq lines\n .unreq pairs\n"
        ".purgem split\n");
}

#else
#include "tg_simd.h"

/* Two channels of a pixel, in the lower half. */
TG_INLINE uint32_t load_two(const int8_t *from)
{
    uint16_t two;

    memcpy(&two, from, sizeof two);
    return two;
}

/* The columns a, b become the next word of both planes. */
TG_INLINE void split(const struct tg_planes_split *task, uint32_t a, uint32_t b, uint32_t *to)
{
    const uint32_t both = tg_pkhbt_lsl16(a, b);

    to[0] = both << 8 & 0xFF00FF00u;
    to[task->plane_1 / (int32_t)sizeof *to] = both & 0xFF00FF00u;
}

static void split_line(const struct tg_planes_split *task, const int8_t *from, uint32_t *to)
{
    if (task->head) {
        split(task, task->padding, load_two(from), to++);
        from += task->channels;
    }
    for (int32_t i = 0; i < task->pairs; i++) {
        split(task, load_two(from), load_two(from + task->channels), to++);
        from += 2 * task->channels;
    }
    if (task->tail) {
        split(task, load_two(from), task->padding, to);
    }
}

static void split_lines(const struct tg_planes_split *task)
{
    for (int32_t i = 0; i < task->lines; i++) {
        split_line(task, task->from + i * task->row_bytes, task->to + i * TG_LINE_WORDS);
    }
}

#endif

/* Where all is but for the channel; the lines hold padding. */
TG_COMPACT static void begin(const struct tg_depthwise_planes *layer, uint32_t *lines, struct tg_planes_split *split,
                             struct tg_planes_task *task)
{
    const struct tg_window *w = &layer->window;
    const int32_t words = TG_PLANES_TWO / layer->line_planes * layer->pass_lines * TG_LINE_WORDS;
    const int32_t seen = layer->tile_inputs - w->pad_left; /* columns of the image and behind it */
    const int32_t columns = seen < w->in_width ? seen : w->in_width;
    const int32_t end = tg_clamp(w->pad_top + w->in_height, w->pad_top, layer->pass_lines);

    tg_planes_place(layer, split, task);
    split->plane_1 = layer->line_planes == 1 ? layer->pass_lines * LINE_BYTES : LINE_BYTES / TG_PLANES_TWO;
    split->to = lines + w->pad_top * TG_LINE_WORDS + (w->pad_left >> 1);
    split->lines = end - w->pad_top;
    split->head = w->pad_left & 1;
    split->pairs = (columns - split->head) >> 1;
    split->tail = (columns - split->head) & 1;
    task->plane_steps[0] = split->plane_1;
    task->plane_steps[1] = 0;
    task->rows = w->out_height;
    task->width = w->out_width;
    task->unpacked = (int32_t *)(void *)(lines + words);
    for (int32_t i = 0; i < words; i++) {
        lines[i] = tg_planes_padding(layer);
    }
}

/* An odd number of channels: the last of them comes with the one before it, which is left out. */
TG_KERNEL void tg_planes_run_twos_dsp(const struct tg_depthwise_planes *layer, const int8_t *in, int8_t *out,
                                      void *scratch, int32_t channel_words, tg_planes_compute *compute)
{
    const int32_t last = layer->in_channels - TG_PLANES_TWO;
    uint32_t *const lines = (uint32_t *)scratch;
    struct tg_planes_split split;
    struct tg_planes_task task;

    begin(layer, lines, &split, &task);
    for (int32_t c = 0; c < layer->in_channels; c += TG_PLANES_TWO) {
        const int32_t first = c < last ? c : last;

        split.from = in + first;
        split_lines(&split);
        task.plane = lines + (c - first) * split.plane_1 / (int32_t)sizeof *lines;
        task.channels = first + TG_PLANES_TWO - c;
        task.channel = layer->channels + c * channel_words;
        task.out = out + c;
        compute(&task);
    }
    if (layer->out_min != INT8_MIN || layer->out_max != INT8_MAX) {
        const int32_t bytes = layer->window.out_height * layer->window.out_width * layer->in_channels;

        for (int32_t i = 0; i < bytes; i++) {
            out[i] = (int8_t)tg_clamp(out[i], layer->out_min, layer->out_max);
        }
    }
}
