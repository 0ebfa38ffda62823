/* See tg_conv2d_1x1_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_1x1_dsp.h"
#include "tg_assembly.h"
#include "tg_dsp_pixel_pairs.h"
#include "tg_dsp_scale_finish.h"

#define WORD_BYTES 4

/* Words of a pair, and of weights, for each step. */
#define STEP_WORDS 2

/* Words of a pair for four channels. */
#define QUAD_WORDS 4

/* What follows the words of a pair: where the next outputs of both pixels go. */
struct outputs {
    int8_t *a;
    int8_t *b;
};

/* Consecutive blocks of channels for consecutive pairs of pixels. The outputs in the pairs move on by one block. */
struct task {
    const int32_t *weights;
    const int32_t *block; /* words: tg_dsp_scale.h */
    int32_t block_bytes;
    int32_t blocks; /* 1 or more */
    int8_t *pairs;
    int8_t *last; /* the outputs of the last pair */
    int32_t steps;
    int32_t form; /* with a rule, the outputs are not int8 but the four int32 accumulators */
};

/* Pairs of pixels that are widened. */
struct run {
    struct tg_pixel_pairs from;
    int8_t *to;
    int32_t quads; /* channels / 4, 1 or more */
    int32_t left;  /* channels % 4 */
};

TG_KERNEL void tg_conv2d_1x1_run_dsp(const struct task *task);
TG_KERNEL void tg_conv2d_1x1_widen_dsp(const struct run *run);

#if TG_ASSEMBLY

/* Of a naked function: it comes in a register, and the compiler sees no use of it. */
#define ARGUMENT __attribute__((unused))

/* 28 cycles for each 8 channels of a pair, and 17 for each pair; 16 more where channels are left. */
TG_NAKED void tg_conv2d_1x1_widen_dsp(const struct run *run ARGUMENT)
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

/* 15 cycles for each step of a pair, which are 16 products; for each pair and block 76 cycles more with ONE_PRODUCT,
 * and 8 for each 16 steps after the first 16.
 *
 * The loop over the steps is unrolled 16 times and entered in its middle, so that it ends where the steps end: `x` and
 * `w` start as much too low. Frame: */
#define ENTRY "0"         /* where the loop is entered */
#define LAST "4"          /* outputs of the last pair */
#define BACK "8"          /* from the outputs of a pair to `x` of the next */
#define WEIGHTS "12"      /* `w` at the entry */
#define WEIGHTS_END "16"  /* minus the form: the loop's end and the form are one comparison */
#define BLOCK "20"        /* words of the block */
#define STEPS_BYTES "24"  /* weights of a block */
#define BLOCK_BYTES "28"
#define BLOCKS_LEFT "32"
#define PAIRS "36"        /* `x` of the first pair at the entry */
#define FRAME_BYTES "44"

TG_NAKED void tg_conv2d_1x1_run_dsp(const struct task *task ARGUMENT)
{
    __asm__ volatile(
        ".syntax unified\n"
        /* the pair a, b; the weights of channels AB, CD; sums of a, of b: lo = A or C, mix = A + 256 B or C + 256 D */
        "pa .req r0\n pb .req r1\n ab .req r2\n cd .req r3\n x .req r4\n w .req r5\n"
        "alo_ab .req r6\n amix_ab .req r7\n alo_cd .req r8\n amix_cd .req r9\n"
        "blo_ab .req r10\n bmix_ab .req r11\n blo_cd .req r12\n bmix_cd .req r14\n"

        "push {r4-r11, lr}\n"
        "sub sp, sp, #" FRAME_BYTES "\n"
        "ldm r0, {r4-r11}\n" /* the fields of the task */
        "rsb r0, r10, #0\n"
        "and r0, r0, #15\n" /* steps to skip */
        "lsl r1, r0, #3\n"
        "adr r2, 2f\n"
        "add r3, r0, r0, lsl #1\n"
        "add r2, r2, r3, lsl #4\n" /* 48 bytes of code for each */
        "add r2, r2, #1\n"
        "str r2, [sp, #" ENTRY "]\n"
        "str r9, [sp, #" LAST "]\n"
        "sub r3, r1, #8\n"
        "str r3, [sp, #" BACK "]\n"
        "sub r3, r4, r1\n"
        "str r3, [sp, #" WEIGHTS "]\n"
        "lsl r10, r10, #3\n"
        "add r3, r4, r10\n"
        "sub r3, r3, r11\n"
        "str r3, [sp, #" WEIGHTS_END "]\n"
        "str r5, [sp, #" BLOCK "]\n"
        "sub r3, r8, r1\n"
        "str r3, [sp, #" PAIRS "]\n"
        "str r7, [sp, #" BLOCKS_LEFT "]\n"
        "str r6, [sp, #" BLOCK_BYTES "]\n"
        "str r10, [sp, #" STEPS_BYTES "]\n"

        "ldr r3, [sp, #" BLOCK "]\n"
        "ldr w, [sp, #" WEIGHTS "]\n"

        /* a block: the sums of the first pair */
        "1: ldr r0, [sp, #" BLOCK_BYTES "]\n"
        "ldr x, [sp, #" PAIRS "]\n"
        "add r1, r3, r0\n"
        "ldr r0, [sp, #" ENTRY "]\n"
        "ldmdb r1, {r6-r9}\n"
        "mov blo_ab, alo_ab\n"
        "mov bmix_ab, amix_ab\n"
        "mov blo_cd, alo_cd\n"
        "mov bmix_cd, amix_cd\n"
        "bx r0\n"

        /* 16 steps */
        ".balign 4\n"
        "2:\n"
        ".irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
        "ldr pa, [x, #8 * \\i]\n"
        "ldr pb, [x, #8 * \\i + 4]\n"
        "ldr ab, [w, #8 * \\i]\n"
        "ldr cd, [w, #8 * \\i + 4]\n"
        "smlad amix_ab, pa, ab, amix_ab\n"
        "smlad bmix_ab, pb, ab, bmix_ab\n"
        "smlad amix_cd, pa, cd, amix_cd\n"
        "smlad bmix_cd, pb, cd, bmix_cd\n"
        "sxtb16 ab, ab\n"
        "sxtb16 cd, cd\n"
        "smlad alo_ab, pa, ab, alo_ab\n"
        "smlad blo_ab, pb, ab, blo_ab\n"
        "smlad alo_cd, pa, cd, alo_cd\n"
        "smlad blo_cd, pb, cd, blo_cd\n"
        ".endr\n"
        "adds w, w, #128\n"
        "ldr r0, [sp, #" WEIGHTS_END "]\n"
        "adds x, x, #128\n"
        "cmp w, r0\n"
        "blo 2b\n"
        "bne 5f\n"

        /* ONE_PRODUCT: 256 times the accumulators; the words of A and B, then of C and D */
        "ldr r5, [sp, #" BLOCK "]\n"
        "sub amix_ab, amix_ab, alo_ab\n"
        "sub bmix_ab, bmix_ab, blo_ab\n"
        "sub amix_cd, amix_cd, alo_cd\n"
        "sub bmix_cd, bmix_cd, blo_cd\n"
        "lsl alo_ab, alo_ab, #8\n"
        "lsl blo_ab, blo_ab, #8\n"
        "lsl alo_cd, alo_cd, #8\n"
        "lsl blo_cd, blo_cd, #8\n"
        "ldmia r5!, {r0-r3}\n"
        "smmla alo_ab, alo_ab, r0, r1\n"
        "smmla blo_ab, blo_ab, r0, r1\n"
        "smmla amix_ab, amix_ab, r2, r3\n"
        "smmla bmix_ab, bmix_ab, r2, r3\n"
        "ldmia r5!, {r0-r3}\n"
        "smmla alo_cd, alo_cd, r0, r1\n"
        "smmla blo_cd, blo_cd, r0, r1\n"
        "smmla amix_cd, amix_cd, r2, r3\n"
        "smmla bmix_cd, bmix_cd, r2, r3\n"
        ".irp sum, r6,r7,r8,r9,r10,r11,r12,r14\n"
        "ssat \\sum, #8, \\sum, asr #12\n"
        ".endr\n"

        /* stores; A last, because its store moves on to the next block */
        "3: ldr r2, [x]\n"
        "ldr r3, [x, #4]\n"
        "strb amix_ab, [r2, #1]\n"
        "strb bmix_ab, [r3, #1]\n"
        "strb alo_cd, [r2, #2]\n"
        "strb blo_cd, [r3, #2]\n"
        "strb amix_cd, [r2, #3]\n"
        "strb bmix_cd, [r3, #3]\n"
        "strb alo_ab, [r2], #4\n"
        "strb blo_ab, [r3], #4\n"

        /* the sums of the next pair */
        "4: str r2, [x]\n"
        "str r3, [x, #4]\n"
        "ldm r5, {r6-r9}\n"
        "mov blo_ab, alo_ab\n"
        "mov bmix_ab, amix_ab\n"
        "mov blo_cd, alo_cd\n"
        "mov bmix_cd, amix_cd\n"
        "ldm sp, {r0, r1, r2, w}\n" /* ENTRY, LAST, BACK, WEIGHTS */
        "cmp x, r1\n"
        "beq 7f\n"
        "sub x, x, r2\n"
        "bx r0\n"

        /* other forms; w - r0 is the form */
        "5: sub r0, w, r0\n"
        "ldr r5, [sp, #" BLOCK "]\n"
        "sub amix_ab, amix_ab, alo_ab\n"
        "sub bmix_ab, bmix_ab, blo_ab\n"
        "sub amix_cd, amix_cd, alo_cd\n"
        "sub bmix_cd, bmix_cd, blo_cd\n"
        "cmp r0, #1\n"
        "bne 6f\n"

        /* TWO_ROUNDINGS: twice the accumulators; the words of one channel after the other */
        "lsl alo_ab, alo_ab, #1\n"
        "lsl blo_ab, blo_ab, #1\n"
        "lsl alo_cd, alo_cd, #1\n"
        "lsl blo_cd, blo_cd, #1\n"
        "asr amix_ab, amix_ab, #7\n"
        "asr bmix_ab, bmix_ab, #7\n"
        "asr amix_cd, amix_cd, #7\n"
        "asr bmix_cd, bmix_cd, #7\n"
        ".macro tg_two_roundings suma, sumb\n"
        "ldmia r5!, {r0-r2}\n"
        "add r3, r1, \\suma, asr #31\n"
        "smmlar \\suma, \\suma, r0, r3\n"
        "add r3, r1, \\sumb, asr #31\n"
        "smmlar \\sumb, \\sumb, r0, r3\n"
        "asr \\suma, \\suma, r2\n"
        "asr \\sumb, \\sumb, r2\n"
        "ssat \\suma, #8, \\suma\n"
        "ssat \\sumb, #8, \\sumb\n"
        ".endm\n"
        "tg_two_roundings alo_ab, blo_ab\n"
        "tg_two_roundings amix_ab, bmix_ab\n"
        "tg_two_roundings alo_cd, blo_cd\n"
        "tg_two_roundings amix_cd, bmix_cd\n"
        ".purgem tg_two_roundings\n"
        "b 3b\n"

        /* by a rule: the accumulators as they are */
        "6: asr amix_ab, amix_ab, #8\n"
        "asr bmix_ab, bmix_ab, #8\n"
        "asr amix_cd, amix_cd, #8\n"
        "asr bmix_cd, bmix_cd, #8\n"
        "adds r5, r5, #32\n"
        "ldr r2, [x]\n"
        "ldr r3, [x, #4]\n"
        "stmia r2!, {r6-r9}\n"
        "stmia r3!, {r10-r12, lr}\n"
        "b 4b\n"

        /* the next block */
        "7: add r0, sp, #" WEIGHTS "\n"
        "ldm r0, {r1-r6}\n" /* WEIGHTS, WEIGHTS_END, BLOCK, STEPS_BYTES, BLOCK_BYTES, BLOCKS_LEFT */
        "subs r6, r6, #1\n"
        "beq 8f\n"
        "add r1, r1, r4\n"
        "add r2, r2, r4\n"
        "add r3, r3, r5\n"
        "mov w, r1\n"
        "stm r0, {r1-r3}\n"
        "str r6, [sp, #" BLOCKS_LEFT "]\n"
        "b 1b\n"
        "8: add sp, sp, #" FRAME_BYTES "\n"
        "pop {r4-r11, pc}\n"
        ".unreq pa\n .unreq pb\n .unreq ab\n .unreq cd\n .unreq x\n .unreq w\n"
        ".unreq alo_ab\n .unreq amix_ab\n .unreq alo_cd\n .unreq amix_cd\n"
        ".unreq blo_ab\n .unreq bmix_ab\n .unreq blo_cd\n .unreq bmix_cd\n");
}

#else

/* One pixel's sums of a block: lo = A or C, mix = A + 256 * B or C + 256 * D. */
struct sums {
    int32_t lo_ab;
    int32_t mix_ab;
    int32_t lo_cd;
    int32_t mix_cd;
};

TG_INLINE struct sums sums_from(const int32_t *starts)
{
    const struct sums s = {starts[0], starts[1], starts[2], starts[3]};

    return s;
}

TG_INLINE void add_products(struct sums *s, uint32_t x, uint32_t ab, uint32_t cd)
{
    s->mix_ab = tg_smlad(x, ab, s->mix_ab);
    s->mix_cd = tg_smlad(x, cd, s->mix_cd);
    s->lo_ab = tg_smlad(x, tg_sxtb16(ab), s->lo_ab);
    s->lo_cd = tg_smlad(x, tg_sxtb16(cd), s->lo_cd);
}

/* Stores a block's outputs of one pixel; returns where the next go. */
static int8_t *finish(const struct sums *s, const int32_t *block, int32_t form, int8_t *out)
{
    const int32_t words = tg_dsp_channel_words(form);
    int32_t acc[TG_DSP_BLOCK];

    acc[0] = s->lo_ab;
    acc[1] = tg_dsp_high(s->mix_ab, s->lo_ab);
    acc[2] = s->lo_cd;
    acc[3] = tg_dsp_high(s->mix_cd, s->lo_cd);
    if (form != TG_DSP_ONE_PRODUCT && form != TG_DSP_TWO_ROUNDINGS) {
        memcpy(out, acc, sizeof acc);
        return out + sizeof acc;
    }
    for (int32_t i = 0; i < TG_DSP_BLOCK; i++) {
        out[i] = tg_dsp_scaled(acc[i], block + i * words, form);
    }
    return out + TG_DSP_BLOCK;
}

static void run_pair(const struct task *task, const int32_t *weights, const int32_t *block, int8_t *pair)
{
    const int32_t *const starts = block + task->block_bytes / WORD_BYTES - TG_DSP_BLOCK;
    struct sums a = sums_from(starts);
    struct sums b = sums_from(starts);
    struct outputs to;

    for (int32_t i = 0; i < task->steps; i++) {
        uint32_t words[STEP_WORDS];
        memcpy(words, pair, sizeof words);
        add_products(&a, words[0], (uint32_t)weights[0], (uint32_t)weights[1]);
        add_products(&b, words[1], (uint32_t)weights[0], (uint32_t)weights[1]);
        pair += sizeof words;
        weights += STEP_WORDS;
    }
    memcpy(&to, pair, sizeof to);
    to.a = finish(&a, block, task->form, to.a);
    to.b = finish(&b, block, task->form, to.b);
    memcpy(pair, &to, sizeof to);
}

TG_KERNEL void tg_conv2d_1x1_run_dsp(const struct task *task)
{
    const int32_t outputs_at = task->steps * STEP_WORDS * WORD_BYTES;
    const int32_t *weights = task->weights;
    const int32_t *block = task->block;

    for (int32_t left = task->blocks; left > 0; left--) {
        for (int8_t *pair = task->pairs; pair <= task->last; pair += outputs_at + (int32_t)sizeof(struct outputs)) {
            run_pair(task, weights, block, pair);
        }
        weights += task->steps * STEP_WORDS;
        block += task->block_bytes / WORD_BYTES;
    }
}

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
    return to + STEP_WORDS;
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

TG_KERNEL void tg_conv2d_1x1_widen_dsp(const struct run *run)
{
    const struct tg_pixel_pairs *const from = &run->from;
    const int8_t *pixel = from->pixel;
    struct outputs to = {from->out, from->out + from->out_step};
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

/* Widens `count` pixels, whose outputs go to `out` and behind. Returns the end of the pairs. */
static int8_t *widen_pixels(const struct tg_conv2d_1x1_dsp *layer, struct tg_pixel_walk *walk, int32_t count, int8_t *out,
                            int8_t *pairs)
{
    const int32_t pair_bytes = layer->steps * STEP_WORDS * WORD_BYTES + (int32_t)sizeof(struct outputs);
    struct run run;

    run.to = pairs;
    run.quads = layer->in_channels / 4;
    run.left = layer->in_channels % 4;
    for (int32_t done = 0; done < count;) {
        run.from.out = out + done * layer->out_channels;
        done += tg_next_pixel_pairs(walk, count - done, layer->out_channels, &run.from);
        tg_conv2d_1x1_widen_dsp(&run);
        run.to += run.from.pairs * pair_bytes;
    }
    return run.to;
}

/* Moves the outputs of the pairs that end at `end` by some bytes. */
static void move_outputs(const struct task *task, int8_t *end, int32_t bytes)
{
    const int32_t words_bytes = task->steps * STEP_WORDS * WORD_BYTES;

    for (int8_t *pair = task->pairs; pair < end;) {
        struct outputs to;
        pair += words_bytes;
        memcpy(&to, pair, sizeof to);
        to.a += bytes;
        to.b += bytes;
        memcpy(pair, &to, sizeof to);
        pair += sizeof to;
    }
}

/* One block of channels by a rule: the accumulators go behind the pairs first. */
static void run_block_by_rule(const struct tg_conv2d_1x1_dsp *layer, const struct task *task, int8_t *end)
{
    const int32_t words = tg_dsp_channel_words(task->form);
    const int32_t pair_bytes = task->steps * STEP_WORDS * WORD_BYTES + (int32_t)sizeof(struct outputs);

    for (int8_t *pair = task->pairs; pair < end; pair += pair_bytes) {
        struct task one = *task;
        struct outputs to;
        struct outputs sums = {end, end + TG_DSP_BLOCK * WORD_BYTES};

        one.pairs = pair;
        one.last = pair + pair_bytes - sizeof to;
        memcpy(&to, one.last, sizeof to);
        memcpy(one.last, &sums, sizeof sums);
        tg_conv2d_1x1_run_dsp(&one);
        for (int32_t i = 0; i < TG_DSP_BLOCK; i++) {
            int32_t acc_a;
            int32_t acc_b;
            memcpy(&acc_a, sums.a + i * WORD_BYTES, sizeof acc_a);
            memcpy(&acc_b, sums.b + i * WORD_BYTES, sizeof acc_b);
            *to.a++ = tg_dsp_by_rule(acc_a, task->block + i * words, &layer->scale);
            *to.b++ = tg_dsp_by_rule(acc_b, task->block + i * words, &layer->scale);
        }
        memcpy(one.last, &to, sizeof to);
    }
}

/* task->blocks blocks of channels for the pairs that end at `end`; the task moves on to the blocks behind. */
static void run_blocks(const struct tg_conv2d_1x1_dsp *layer, struct task *task, int32_t blocks, int8_t *end)
{
    const int32_t is_rule = task->form == TG_DSP_RULE_A6 || task->form == TG_DSP_RULE_A7;

    task->blocks = is_rule ? 1 : blocks;
    for (int32_t left = blocks; left > 0; left -= task->blocks) {
        if (is_rule) {
            run_block_by_rule(layer, task, end);
        } else {
            tg_conv2d_1x1_run_dsp(task);
        }
        task->weights += task->blocks * task->steps * STEP_WORDS;
        task->block += task->blocks * (task->block_bytes / WORD_BYTES);
    }
}

/* All channels of the pairs that end at `end`. */
static void run_pairs(const struct tg_conv2d_1x1_dsp *layer, int8_t *pairs, int8_t *end)
{
    struct task task;

    task.weights = layer->weights;
    task.block = layer->scale.blocks;
    task.block_bytes = tg_dsp_block_words(layer->scale.form) * WORD_BYTES;
    task.pairs = pairs;
    task.last = end - sizeof(struct outputs);
    task.steps = layer->steps;
    task.form = layer->scale.form;
    run_blocks(layer, &task, layer->out_channels / TG_DSP_BLOCK, end);
    if (layer->out_channels % TG_DSP_BLOCK != 0) {
        move_outputs(&task, end, layer->out_channels % TG_DSP_BLOCK - TG_DSP_BLOCK);
        run_blocks(layer, &task, 1, end);
    }
}

/* All channels of `count` outputs that lie side by side. */
static void compute_pixels(const struct tg_conv2d_1x1_dsp *layer, struct tg_pixel_walk *walk, int32_t count, int8_t *out,
                           void *scratch)
{
    int32_t some;

    for (int32_t done = 0; done < count; done += some) {
        int8_t *end;
        some = count - done;
        if (some > layer->chunk + 1) {
            some = layer->chunk;
        }
        end = widen_pixels(layer, walk, some, out + done * layer->out_channels, (int8_t *)scratch);
        run_pairs(layer, (int8_t *)scratch, end);
    }
    tg_dsp_scale_clamp(&layer->scale, out, count * layer->out_channels);
}

TG_KERNEL void tg_conv2d_1x1_s8_dsp(const struct tg_conv2d_1x1_dsp *layer, const int8_t *in, int8_t *out, void *scratch)
{
    const struct tg_window *const w = &layer->window;
    struct tg_pixel_walk walk = tg_pixel_walk_over(w, layer->in_channels, in);

    compute_pixels(layer, &walk, w->out_height * w->out_width, out, scratch);
}

TG_KERNEL void tg_conv2d_1x1_s8_dsp_rows(const struct tg_conv2d_1x1_dsp *layer, const int8_t *const *rows,
                                         int8_t *const *out, int32_t row_count, void *scratch)
{
    const struct tg_window *const w = &layer->window;

    for (int32_t y = 0; y < row_count; y++) {
        struct tg_pixel_walk walk = tg_pixel_walk_from(w, layer->in_channels, rows[y * w->stride_height]);
        compute_pixels(layer, &walk, w->out_width, out[y], scratch);
    }
}
