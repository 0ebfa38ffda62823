/* See tg_dsp_pointwise.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_dsp_pointwise.h"
#include "tg_assembly.h"
#include "tg_dsp_pixel_pairs.h"
#include "tg_dsp_rows.h"

/* Words of a pair for four channels. */
#define QUAD_WORDS 4

/* Pairs of pixels that are widened. */
struct run {
    struct tg_pixel_pairs from;
    int8_t *to;
    int32_t quads; /* channels / 4, 1 or more */
    int32_t left;  /* channels % 4 */
};

TG_KERNEL void tg_pointwise_widen(const struct run *run);

#if TG_ASSEMBLY

/* Of a naked function: it comes in a register, and the compiler sees no use of it. */
#define ARGUMENT __attribute__((unused))

/* 28 cycles for each 8 channels of a pair, and 17 for each pair; 16 more where channels are left. */
TG_NAKED void tg_pointwise_widen(const struct run *run ARGUMENT)
{
    __asm__ volatile(
        ".syntax unified\n"
        "pa .req r1\n to .req r2\n quads .req r3\n pb .req r8\n gap .req r9\n"
        "left .req r10\n out .req r11\n out_step .req r12\n pairs .req r14\n"
        "push {r4-r11, lr}\n"
        "ldm r0, {r1-r8}\n" /* the fields of the run */
        "mov r9, r2\n"
        "mov left, r8\n"
        "mov out, r3\n"
        "mov out_step, r4\n"
        "mov pairs, r5\n"
        "mov to, r6\n"
        "mov quads, r7\n"
        "sub gap, r9, quads, lsl #2\n" /* from behind the last quad of a pixel to the next pixel */

        ".macro tg_widen_quad\n"
        "ldr r4, [pa], #4\n"
        "ldr r5, [pb], #4\n"
        "sxtb16 r6, r4, ror #8\n"
        "sxtb16 r7, r5, ror #8\n"
        "sxtb16 r4, r4\n"
        "sxtb16 r5, r5\n"
        "stmia to!, {r4-r7}\n"
        ".endm\n"
        "1: add pb, pa, quads, lsl #2\n"
        "add pb, pb, gap\n"
        "lsrs r0, quads, #1\n"
        "bcc 2f\n"
        "tg_widen_quad\n"
        "cbz r0, 3f\n"
        "2: tg_widen_quad\n"
        "tg_widen_quad\n"
        "subs r0, r0, #1\n"
        "bne 2b\n"
        "3: cmp left, #0\n"
        "bne 5f\n"
        "4: str out, [to], #4\n"
        "add out, out, out_step\n"
        "str out, [to], #4\n"
        "add out, out, out_step\n"
        "add pa, pb, gap\n"
        "subs pairs, pairs, #1\n"
        "bne 1b\n"
        "pop {r4-r11, pc}\n"
        ".purgem tg_widen_quad\n"

        /* one to three channels, from loads that end with the last */
        "5: add r0, pa, left\n"
        "ldr r4, [r0, #-4]\n"
        "add r0, pb, left\n"
        "ldr r5, [r0, #-4]\n"
        "sxtb16 r6, r4, ror #8\n"
        "sxtb16 r7, r5, ror #8\n"
        "sxtb16 r4, r4\n"
        "sxtb16 r5, r5\n"
        "cmp left, #2\n"
        "itt eq\n"
        "pkhtbeq r6, r6, r4, asr #16\n"
        "pkhtbeq r7, r7, r5, asr #16\n"
        "it hi\n"
        "stmiahi to!, {r4, r5}\n"
        "stmia to!, {r6, r7}\n"
        "b 4b\n"
        ".unreq pa\n .unreq to\n .unreq quads\n .unreq pb\n .unreq gap\n"
        ".unreq left\n .unreq out\n .unreq out_step\n .unreq pairs\n");
}

#else

/* Four channels of two pixels. */
TG_INLINE void widen_quad(uint32_t *to, uint32_t a, uint32_t b)
{
    to[0] = tg_sxtb16(a);
    to[1] = tg_sxtb16(b);
    to[2] = tg_sxtb16_ror8(a);
    to[3] = tg_sxtb16_ror8(b);
}

/* The one to three channels that fours leave; a and b are loads that end with the last. Returns the end. */
static uint32_t *widen_last(uint32_t *to, uint32_t a, uint32_t b, int32_t left)
{
    uint32_t words[QUAD_WORDS];

    widen_quad(words, a, b);
    if (left == 3) {
        memcpy(to, words, sizeof words);
        return to + QUAD_WORDS;
    }
    to[0] = left == 1 ? words[2] : tg_pkhtb_asr16(words[2], words[0]);
    to[1] = left == 1 ? words[3] : tg_pkhtb_asr16(words[3], words[1]);
    return to + TG_POINTWISE_STEP_WORDS;
}

/* Widens two pixels; returns the end of their words. */
static uint32_t *widen(uint32_t *to, const int8_t *a, const int8_t *b, int32_t channels)
{
    int32_t left = channels;

    for (; left >= 8; left -= 8) {
        const uint32_t a0 = tg_load_quad(a);
        const uint32_t b0 = tg_load_quad(b);
        const uint32_t a4 = tg_load_quad(a + 4);
        const uint32_t b4 = tg_load_quad(b + 4);
        widen_quad(to, a0, b0);
        widen_quad(to + QUAD_WORDS, a4, b4);
        to += 2 * QUAD_WORDS;
        a += 8;
        b += 8;
    }
    if (left >= 4) {
        widen_quad(to, tg_load_quad(a), tg_load_quad(b));
        to += QUAD_WORDS;
        a += 4;
        b += 4;
        left -= 4;
    }
    if (left > 0) {
        to = widen_last(to, tg_load_quad(a + left - 4), tg_load_quad(b + left - 4), left);
    }
    return to;
}

TG_KERNEL void tg_pointwise_widen(const struct run *run)
{
    const struct tg_pixel_pairs *const from = &run->from;
    const int8_t *pixel = from->pixel;
    struct tg_pointwise_outputs to = {from->out, from->out + from->out_step};
    int8_t *pair = run->to;

    for (int32_t pairs = from->pairs; pairs > 0; pairs--) {
        pair = (int8_t *)widen((uint32_t *)(void *)pair, pixel, pixel + from->step, 4 * run->quads + run->left);
        memcpy(pair, &to, sizeof to);
        pair += sizeof to;
        pixel += 2 * from->step;
        to.a += 2 * from->out_step;
        to.b += 2 * from->out_step;
    }
}

#endif

/* Of a pair, and of a block's weights. */
static int32_t words_bytes(int32_t steps)
{
    return steps * TG_POINTWISE_STEP_WORDS * TG_POINTWISE_WORD_BYTES;
}

/* Widens `count` pixels, whose outputs go to `out` and behind. Returns the end of the pairs. */
static int8_t *widen_pixels(const struct tg_conv2d_1x1_dsp *layer, struct tg_pixel_walk *walk, int32_t count,
                            int8_t *out, int8_t *pairs)
{
    const int32_t pair_bytes = words_bytes(layer->steps) + (int32_t)sizeof(struct tg_pointwise_outputs);
    struct run run;

    run.to = pairs;
    run.quads = layer->in_channels / 4;
    run.left = layer->in_channels % 4;
    for (int32_t done = 0; done < count;) {
        run.from.out = out + done * layer->out_step + walk->out_moved;
        done += tg_next_pixel_pairs(walk, count - done, layer->out_step, &run.from);
        tg_pointwise_widen(&run);
        run.to += run.from.pairs * pair_bytes;
    }
    return run.to;
}

/* Moves the outputs of the pairs that end at `end` by some bytes. */
static void move_outputs(const struct tg_pointwise_task *task, const int8_t *end, int32_t bytes)
{
    for (int8_t *pair = task->pairs; pair < end;) {
        struct tg_pointwise_outputs to;
        pair += words_bytes(task->steps);
        memcpy(&to, pair, sizeof to);
        to.a += bytes;
        to.b += bytes;
        memcpy(pair, &to, sizeof to);
        pair += sizeof to;
    }
}

/* All channels of the pairs that end at `end`. */
static void run_pairs(const struct tg_conv2d_1x1_dsp *layer, int8_t *pairs, int8_t *end, tg_pointwise_run *run)
{
    const int32_t words = tg_dsp_block_words(layer->scale.form);
    struct tg_pointwise_task task;

    task.block = layer->scale.blocks;
    task.block_bytes = words_bytes(layer->steps) + words * TG_POINTWISE_WORD_BYTES;
    task.blocks = layer->out_channels / TG_DSP_BLOCK;
    task.pairs = pairs;
    task.last = end - sizeof(struct tg_pointwise_outputs);
    task.steps = layer->steps;
    task.form = layer->scale.form;
    task.scale = &layer->scale;
    run(&task);
    if (layer->out_channels % TG_DSP_BLOCK != 0) {
        task.block += task.blocks * (task.block_bytes / TG_POINTWISE_WORD_BYTES);
        task.blocks = 1;
        move_outputs(&task, end, layer->out_channels % TG_DSP_BLOCK - TG_DSP_BLOCK);
        run(&task);
    }
}

/* All channels of `count` outputs, from `out` on. */
static void compute_pixels(const struct tg_conv2d_1x1_dsp *layer, struct tg_pixel_walk *walk, int32_t count,
                           int8_t *out, void *scratch, tg_pointwise_run *run)
{
    int32_t some;

    for (int32_t done = 0; done < count; done += some) {
        int8_t *end;
        some = count - done < layer->chunk ? count - done : layer->chunk;
        end = widen_pixels(layer, walk, some, out + done * layer->out_step, (int8_t *)scratch);
        run_pairs(layer, (int8_t *)scratch, end, run);
    }
}

TG_KERNEL void tg_pointwise_whole(const struct tg_conv2d_1x1_dsp *layer, const int8_t *in, int8_t *out, void *scratch,
                                  tg_pointwise_run *run)
{
    const struct tg_window *const w = &layer->window;
    struct tg_pixel_walk walk = tg_pixel_walk_over(w, layer->in_channels, in);

    compute_pixels(layer, &walk, w->out_height * w->out_width, out, scratch, run);
    tg_dsp_scale_clamp(&layer->scale, out, w->out_height * w->out_width * layer->out_channels);
}

TG_KERNEL void tg_pointwise_rows(const struct tg_conv2d_1x1_dsp *layer, const int8_t *const *rows, int8_t *const *out,
                                 int32_t row_count, void *scratch, tg_pointwise_run *run)
{
    const struct tg_window *const w = &layer->window;

    const int32_t row_bytes = w->out_width * layer->out_channels;
    int32_t together;

    for (int32_t y = 0; y < row_count; y += together) { /* two rows are one, wherever they lie */
        const int8_t *const *const in = rows + y * w->stride_height;
        struct tg_pixel_walk walk = tg_pixel_walk_from(w, layer->in_channels, *in);

        together = 1;
        if (y + 1 < row_count && tg_dsp_distance(in[0], in[w->stride_height]) != 0 &&
            tg_dsp_distance(out[y], out[y + 1]) != 0) {
            walk.row_step = tg_dsp_distance(in[0], in[w->stride_height]);
            walk.out_gap = tg_dsp_distance(out[y], out[y + 1]) - row_bytes;
            together = 2;
        }
        compute_pixels(layer, &walk, together * w->out_width, out[y], scratch, run);
        for (int32_t i = y; i < y + together; i++) {
            tg_dsp_scale_clamp(&layer->scale, out[i], row_bytes);
        }
    }
}
