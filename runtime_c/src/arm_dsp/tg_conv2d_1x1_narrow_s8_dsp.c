/* See tg_conv2d_1x1_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_assembly.h"
#include "tg_conv2d_1x1_dsp.h"
#include "tg_dsp_pixel_pairs.h"
#include "tg_dsp_scale_finish.h"

/* Words of a block: six of each channel, then by how much the outputs move on. */
#define CHANNEL_WORDS 6
#define BLOCK_WORDS (TG_DSP_BLOCK * CHANNEL_WORDS + 1)

struct task {
    struct tg_pixel_pairs pairs;
    const int32_t *blocks;
    const int32_t *blocks_end;
    int32_t last;          /* bytes from a pixel to its last four channels */
    int32_t gap;           /* bytes between the outputs of two pixels */
    const int8_t *out_end; /* behind the last output, and a gap */
};

TG_KERNEL void tg_conv2d_1x1_narrow_run_dsp(const struct task *task);

#if TG_ASSEMBLY

/* Of a naked function: it comes in a register, and the compiler sees no use of it. */
#define ARGUMENT __attribute__((unused))

/* 24 cycles for a channel of a pair of pixels a, b: 2 outputs; 11 more for each block, and 41 for each pair.
 *
 * Both pixels stay in registers while the channels run over them. Frame: */
#define OUT_B "0"
#define BLOCKS_END "4"
#define BLOCKS "8"
#define PIXEL "12"
#define STEP "16"
#define OUT_STEP "20"
#define OUT_END "24"
#define LAST "28"
#define GAP "32"
#define FRAME_BYTES "36"

TG_NAKED void tg_conv2d_1x1_narrow_run_dsp(const struct task *task ARGUMENT)
{
    __asm__ volatile(
        ".syntax unified\n"
        "sum_a .req r0\n sum_b .req r1\n"
        "a02 .req r4\n a13 .req r5\n a46 .req r6\n a57 .req r7\n"
        "b02 .req r8\n b13 .req r9\n b46 .req r10\n b57 .req r11\n"
        "w .req r12\n out .req r14\n"
        "push {r4-r11, lr}\n"
        "sub sp, sp, #" FRAME_BYTES "\n"
        "ldm r0, {r4-r11}\n" /* the fields of the task */
        "str r4, [sp, #" PIXEL "]\n"
        "str r5, [sp, #" STEP "]\n"
        "mov r3, r6\n"
        "str r7, [sp, #" OUT_STEP "]\n"
        "str r9, [sp, #" BLOCKS "]\n"
        "str r10, [sp, #" BLOCKS_END "]\n"
        "str r11, [sp, #" LAST "]\n"
        "ldrd r4, r5, [r0, #32]\n"
        "str r4, [sp, #" GAP "]\n"
        "str r5, [sp, #" OUT_END "]\n"

        /* a pair, whose outputs begin at r3 */
        "1: ldr r0, [sp, #" PIXEL "]\n"
        "ldr r1, [sp, #" STEP "]\n"
        "ldr r2, [sp, #" LAST "]\n"
        "ldr r4, [sp, #" OUT_STEP "]\n"
        "ldr w, [sp, #" BLOCKS "]\n"
        "mov out, r3\n"
        "add r3, r3, r4\n"
        "str r3, [sp, #" OUT_B "]\n"
        "add r3, r0, r1\n"
        "add r1, r3, r1\n"
        "str r1, [sp, #" PIXEL "]\n"
        "ldr a02, [r0]\n"
        "ldr a46, [r0, r2]\n"
        "ldr b02, [r3]\n"
        "ldr b46, [r3, r2]\n"
        /* 256 times the channels: bytes stay in the high half of each int16, or come there */
        "and a13, a02, #0xFF00FF00\n"
        "lsl a02, a02, #8\n"
        "and a02, a02, #0xFF00FF00\n"
        "and a57, a46, #0xFF00FF00\n"
        "lsl a46, a46, #8\n"
        "and a46, a46, #0xFF00FF00\n"
        "and b13, b02, #0xFF00FF00\n"
        "lsl b02, b02, #8\n"
        "and b02, b02, #0xFF00FF00\n"
        "and b57, b46, #0xFF00FF00\n"
        "lsl b46, b46, #8\n"
        "and b46, b46, #0xFF00FF00\n"

        /* a block of four channels */
        ".balign 4\n"
        "2:\n"
        ".irp i, 0,1,2,3\n"
        "ldr sum_a, [w, #24 * \\i]\n"
        "ldr r2, [w, #24 * \\i + 4]\n"
        "ldr r3, [w, #24 * \\i + 8]\n"
        "smlad sum_b, b02, r2, sum_a\n"
        "smlad sum_a, a02, r2, sum_a\n"
        "smlad sum_b, b13, r3, sum_b\n"
        "smlad sum_a, a13, r3, sum_a\n"
        "ldr r2, [w, #24 * \\i + 12]\n"
        "ldr r3, [w, #24 * \\i + 16]\n"
        "smlad sum_b, b46, r2, sum_b\n"
        "smlad sum_a, a46, r2, sum_a\n"
        "smlad sum_b, b57, r3, sum_b\n"
        "smlad sum_a, a57, r3, sum_a\n"
        "ldr r2, [w, #24 * \\i + 20]\n"
        "ldr r3, [sp, #" OUT_B "]\n"
        "smmul sum_a, sum_a, r2\n"
        "smmul sum_b, sum_b, r2\n"
        "ssat sum_a, #8, sum_a, asr #16\n"
        "ssat sum_b, #8, sum_b, asr #16\n"
        "strb sum_a, [out, #\\i]\n"
        "strb sum_b, [r3, #\\i]\n"
        ".endr\n"
        "ldr r2, [w, #96]\n"
        "ldr r0, [sp, #" BLOCKS_END "]\n"
        "add w, w, #100\n"
        "add out, out, r2\n"
        "add r3, r3, r2\n"
        "str r3, [sp, #" OUT_B "]\n"
        "cmp w, r0\n"
        "bne 2b\n"

        "ldr r0, [sp, #" OUT_END "]\n"
        "ldr r4, [sp, #" GAP "]\n"
        "add r3, r3, r4\n"
        "cmp r3, r0\n"
        "bne 1b\n"
        "add sp, sp, #" FRAME_BYTES "\n"
        "pop {r4-r11, pc}\n"
        ".unreq sum_a\n .unreq sum_b\n .unreq a02\n .unreq a13\n .unreq a46\n .unreq a57\n"
        ".unreq b02\n .unreq b13\n .unreq b46\n .unreq b57\n .unreq w\n .unreq out\n");
}

#else

/* Of both int16 of a word. */
#define HIGH_BYTES 0xFF00FF00u

/* 256 times the channels of a pixel, as pairs of int16. */
struct pixel {
    uint32_t words[4];
};

TG_INLINE struct pixel widened(const int8_t *from, int32_t last)
{
    const uint32_t first = tg_load_quad(from);
    const uint32_t second = tg_load_quad(from + last);
    const struct pixel x = {{first << 8 & HIGH_BYTES, first & HIGH_BYTES, second << 8 & HIGH_BYTES, second & HIGH_BYTES}};

    return x;
}

static int8_t output(const struct pixel *x, const int32_t *channel)
{
    int32_t sum = channel[0];

    for (int32_t i = 0; i < 4; i++) {
        sum = tg_smlad(x->words[i], (uint32_t)channel[1 + i], sum);
    }
    return (int8_t)tg_ssat8(tg_smmla(sum, channel[5], 0) >> 16);
}

TG_KERNEL void tg_conv2d_1x1_narrow_run_dsp(const struct task *task)
{
    const struct tg_pixel_pairs *const pairs = &task->pairs;

    for (int32_t i = 0; i < pairs->pairs; i++) {
        const int8_t *const from = pairs->pixel + 2 * i * pairs->step;
        const struct pixel a = widened(from, task->last);
        const struct pixel b = widened(from + pairs->step, task->last);
        int8_t *out_a = pairs->out + 2 * i * pairs->out_step;
        int8_t *out_b = out_a + pairs->out_step;

        for (const int32_t *block = task->blocks; block != task->blocks_end; block += BLOCK_WORDS) {
            for (int32_t c = 0; c < TG_DSP_BLOCK; c++) {
                out_a[c] = output(&a, block + c * CHANNEL_WORDS);
                out_b[c] = output(&b, block + c * CHANNEL_WORDS);
            }
            out_a += block[BLOCK_WORDS - 1];
            out_b += block[BLOCK_WORDS - 1];
        }
    }
}

#endif

/* All channels of `count` outputs. */
TG_COMPACT static void compute_pixels(const struct tg_conv2d_1x1_narrow_dsp *layer, struct tg_pixel_walk *walk, int32_t count,
                           int8_t *out)
{
    const struct tg_dsp_scale clamps = {NULL, TG_DSP_ONE_PRODUCT, 0, layer->out_min, layer->out_max};
    const int32_t blocks = (layer->out_channels + TG_DSP_BLOCK - 1) / TG_DSP_BLOCK;
    struct task task;

    task.blocks = layer->blocks;
    task.blocks_end = layer->blocks + blocks * BLOCK_WORDS;
    task.last = layer->in_channels - 4;
    task.gap = layer->out_step - layer->out_channels;
    for (int32_t done = 0; done < count;) {
        task.pairs.out = out + done * layer->out_step;
        done += tg_next_pixel_pairs(walk, count - done, layer->out_step, &task.pairs);
        task.out_end = task.pairs.out + (2 * task.pairs.pairs - 1) * task.pairs.out_step + layer->out_step;
        tg_conv2d_1x1_narrow_run_dsp(&task);
    }
    tg_dsp_scale_clamp(&clamps, out, count * layer->out_channels);
}

TG_KERNEL void tg_conv2d_1x1_narrow_s8_dsp(const struct tg_conv2d_1x1_narrow_dsp *layer, const int8_t *in, int8_t *out)
{
    const struct tg_window *const w = &layer->window;
    struct tg_pixel_walk walk = tg_pixel_walk_over(w, layer->in_channels, in);

    compute_pixels(layer, &walk, w->out_height * w->out_width, out);
}

TG_KERNEL void tg_conv2d_1x1_narrow_s8_dsp_rows(const struct tg_conv2d_1x1_narrow_dsp *layer,
                                                const int8_t *const *rows, int8_t *const *out, int32_t row_count)
{
    const struct tg_window *const w = &layer->window;

    for (int32_t y = 0; y < row_count; y++) {
        struct tg_pixel_walk walk = tg_pixel_walk_from(w, layer->in_channels, rows[y * w->stride_height]);
        compute_pixels(layer, &walk, w->out_width, out[y]);
    }
}
