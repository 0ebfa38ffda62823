/* See tg_fully_connected_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_fully_connected_s8_dsp.h"
#include "tg_assembly.h"
#include "tg_dsp_scale_finish.h"

#define WORD_BYTES 4

/* Outputs that run together. */
#define WIDE 8
#define NARROW 4

/* Consecutive blocks of eight outputs. */
struct task {
    const int32_t *weights;
    const int32_t *starts;
    const int32_t *words;
    int32_t words_step; /* bytes to the words of the next channel */
    const int32_t *x;
    int32_t steps;
    int8_t *out;
    int32_t blocks; /* 1 or more */
    int32_t ending;
};

/* How the sums of a block end. */
enum { ONE_PRODUCT_FOR_ALL, ONE_PRODUCT, TWO_ROUNDINGS_FOR_ALL, TWO_ROUNDINGS, ACCUMULATORS };

TG_KERNEL void tg_fully_connected_run_dsp(const struct task *task);

/* Widens 16 * sixteens values; 1 or more. */
TG_KERNEL void tg_fully_connected_widen_dsp(int32_t *to, const int8_t *from, int32_t sixteens);

#if TG_ASSEMBLY

/* Of a naked function: it comes in a register, and the compiler sees no use of it. */
#define ARGUMENT __attribute__((unused))

/* 27 cycles for 16 values. */
TG_NAKED void tg_fully_connected_widen_dsp(int32_t *to ARGUMENT, const int8_t *from ARGUMENT, int32_t sixteens ARGUMENT)
{
    __asm__ volatile(
        ".syntax unified\n"
        "push {r4-r10, lr}\n"
        ".balign 4\n"
        "1: ldr r3, [r1]\n"
        "ldr r5, [r1, #4]\n"
        "ldr r7, [r1, #8]\n"
        "ldr r9, [r1, #12]\n"
        "adds r1, r1, #16\n"
        "sxtb16 r4, r3, ror #8\n"
        "sxtb16 r3, r3\n"
        "sxtb16 r6, r5, ror #8\n"
        "sxtb16 r5, r5\n"
        "sxtb16 r8, r7, ror #8\n"
        "sxtb16 r7, r7\n"
        "sxtb16 r10, r9, ror #8\n"
        "sxtb16 r9, r9\n"
        "stmia r0!, {r3-r10}\n"
        "subs r2, r2, #1\n"
        "bne 1b\n"
        "pop {r4-r10, pc}\n");
}

/* 37 cycles for two steps, which are 32 products; 8 more for each 16 steps, and 62 for a block (ONE_PRODUCT_FOR_ALL).
 *
 * The loop over the steps is unrolled 16 times and entered in its middle, so that it ends where the steps end: `x` and
 * `w` start as much too low. Frame: */
#define ENTRY "0"    /* where the loop is entered */
#define STARTS "4"   /* of the next block */
#define BACK "8"     /* by how much `w` starts too low */
#define X "12"       /* `x` at the entry */
#define X_END "16"   /* minus the ending: the loop's end and the ending are one comparison */
#define WORDS "20"
#define OUT "24"
#define BLOCKS_LEFT "28"
#define NEXT_WEIGHTS "32"
#define FRAME_BYTES "36"

TG_NAKED void tg_fully_connected_run_dsp(const struct task *task ARGUMENT)
{
    __asm__ volatile(
        ".syntax unified\n"
        /* inputs and weights; sums: lo = A, mix = A + 256 B, and so on */
        "x .req r4\n w .req r5\n"
        "lo_ab .req r6\n mix_ab .req r7\n lo_cd .req r8\n mix_cd .req r9\n"
        "lo_ef .req r10\n mix_ef .req r11\n lo_gh .req r12\n mix_gh .req r14\n"

        "push {r4-r11, lr}\n"
        "sub sp, sp, #" FRAME_BYTES "\n"
        "ldm r0, {r5-r12, lr}\n" /* the fields of the task, weights first */
        "rsb r1, r10, #0\n"
        "and r1, r1, #15\n" /* steps to skip, an even number */
        "sub r2, r9, r1, lsl #2\n"
        "str r2, [sp, #" X "]\n"
        "add r3, r9, r10, lsl #2\n"
        "sub r3, r3, lr\n"
        "str r3, [sp, #" X_END "]\n"
        "lsl r2, r1, #4\n"
        "adr r3, 2f\n"
        "str r2, [sp, #" BACK "]\n"
        "mov r2, #58\n" /* bytes of code for a step; in the second half 66, because its loads reach further */
        "cmp r1, #8\n"
        "itt hs\n"
        "movhs r2, #66\n"
        "subhs r3, r3, #64\n"
        "mla r3, r1, r2, r3\n"
        "add r3, r3, #1\n"
        "str r3, [sp, #" ENTRY "]\n"
        "str r6, [sp, #" STARTS "]\n"
        "str r7, [sp, #" WORDS "]\n"
        "str r11, [sp, #" OUT "]\n"
        "str r12, [sp, #" BLOCKS_LEFT "]\n"

        /* a block */
        "1: ldm sp, {r0, r1, r2, x}\n" /* ENTRY, STARTS, BACK, X */
        "ldmia r1!, {r6-r12, lr}\n"
        "str r1, [sp, #" STARTS "]\n"
        "sub w, w, r2\n"
        "bx r0\n"

        ".macro tg_products value, weight, lo, mix\n"
        "smlad \\mix, \\value, \\weight, \\mix\n"
        "sxtb16 \\weight, \\weight\n"
        "smlad \\lo, \\value, \\weight, \\lo\n"
        ".endm\n"
        /* steps i and i + 1, with the weights at w + 16 * j */
        ".macro tg_two_steps i, j\n"
        "ldr r0, [x, #4 * \\i]\n"
        "ldr r1, [w, #16 * \\j]\n"
        "ldr r2, [w, #16 * \\j + 4]\n"
        "ldr r3, [w, #16 * \\j + 8]\n"
        "tg_products r0, r1, lo_ab, mix_ab\n"
        "tg_products r0, r2, lo_cd, mix_cd\n"
        "tg_products r0, r3, lo_ef, mix_ef\n"
        "ldr r1, [w, #16 * \\j + 12]\n"
        "ldr r2, [x, #4 * \\i + 4]\n"
        "ldr r3, [w, #16 * \\j + 16]\n"
        "tg_products r0, r1, lo_gh, mix_gh\n"
        "tg_products r2, r3, lo_ab, mix_ab\n"
        "ldr r0, [w, #16 * \\j + 20]\n"
        "ldr r1, [w, #16 * \\j + 24]\n"
        "ldr r3, [w, #16 * \\j + 28]\n"
        "tg_products r2, r0, lo_cd, mix_cd\n"
        "tg_products r2, r1, lo_ef, mix_ef\n"
        "tg_products r2, r3, lo_gh, mix_gh\n"
        ".endm\n"

        /* 16 steps */
        ".balign 4\n"
        "2:\n"
        "tg_two_steps 0, 0\n"
        "tg_two_steps 2, 2\n"
        "tg_two_steps 4, 4\n"
        "tg_two_steps 6, 6\n"
        "tg_two_steps 8, 8\n"
        "tg_two_steps 10, 10\n"
        "tg_two_steps 12, 12\n"
        "tg_two_steps 14, 14\n"
        ".purgem tg_two_steps\n"
        ".purgem tg_products\n"
        "add w, w, #256\n"
        "ldr r0, [sp, #" X_END "]\n"
        "adds x, x, #64\n"
        "cmp x, r0\n"
        "blo 2b\n"

        /* A stays in lo, B comes to mix */
        "sub mix_ab, mix_ab, lo_ab\n"
        "sub mix_cd, mix_cd, lo_cd\n"
        "sub mix_ef, mix_ef, lo_ef\n"
        "sub mix_gh, mix_gh, lo_gh\n"
        "bne 4f\n"

        /* ONE_PRODUCT_FOR_ALL: 256 times the accumulators */
        "ldr r2, [sp, #" WORDS "]\n"
        "ldr r4, [sp, #" OUT "]\n"
        "ldm r2, {r0, r1}\n"
        ".irp sum, r6,r8,r10,r12\n"
        "lsl \\sum, \\sum, #8\n"
        ".endr\n"
        ".irp sum, r6,r7,r8,r9,r10,r11,r12,r14\n"
        "smmla \\sum, \\sum, r0, r1\n"
        "ssat \\sum, #8, \\sum, asr #12\n"
        ".endr\n"

        "3: strb mix_ab, [r4, #1]\n"
        "strb lo_cd, [r4, #2]\n"
        "strb mix_cd, [r4, #3]\n"
        "strb lo_ef, [r4, #4]\n"
        "strb mix_ef, [r4, #5]\n"
        "strb lo_gh, [r4, #6]\n"
        "strb mix_gh, [r4, #7]\n"
        "strb lo_ab, [r4], #8\n"

        /* the next block */
        "7: str r4, [sp, #" OUT "]\n"
        "ldr r0, [sp, #" BLOCKS_LEFT "]\n"
        "subs r0, r0, #1\n"
        "str r0, [sp, #" BLOCKS_LEFT "]\n"
        "bne 1b\n"
        "add sp, sp, #" FRAME_BYTES "\n"
        "pop {r4-r11, pc}\n"

        /* other endings: x - r0 */
        "4: sub r3, x, r0\n"
        "str w, [sp, #" NEXT_WEIGHTS "]\n"
        "ldr r5, [sp, #" WORDS "]\n"
        "ldr r4, [sp, #" OUT "]\n"
        "cmp r3, #3\n"
        "bhi 6f\n"
        "cmp r3, #1\n"
        "bhi 5f\n"

        /* ONE_PRODUCT */
        ".irp sum, r6,r8,r10,r12\n"
        "lsl \\sum, \\sum, #8\n"
        ".endr\n"
        ".irp sum, r6,r7,r8,r9,r10,r11,r12,r14\n"
        "ldmia r5!, {r0, r1}\n"
        "smmla \\sum, \\sum, r0, r1\n"
        "ssat \\sum, #8, \\sum, asr #12\n"
        ".endr\n"
        "str r5, [sp, #" WORDS "]\n"
        "ldr w, [sp, #" NEXT_WEIGHTS "]\n"
        "b 3b\n"

        /* TWO_ROUNDINGS: twice the accumulators */
        "5:\n"
        ".macro tg_two_roundings sum\n"
        "add r3, r1, \\sum, asr #31\n"
        "smmlar \\sum, \\sum, r0, r3\n"
        "asr \\sum, \\sum, r2\n"
        "ssat \\sum, #8, \\sum\n"
        ".endm\n"
        ".irp sum, r6,r8,r10,r12\n"
        "lsl \\sum, \\sum, #1\n"
        ".endr\n"
        ".irp sum, r7,r9,r11,r14\n"
        "asr \\sum, \\sum, #7\n"
        ".endr\n"
        "ldmia r5!, {r0-r2}\n"
        "cmp r3, #2\n"
        "bne 8f\n"
        ".irp sum, r6,r7,r8,r9,r10,r11,r12,r14\n"
        "tg_two_roundings \\sum\n"
        ".endr\n"
        "ldr w, [sp, #" NEXT_WEIGHTS "]\n"
        "b 3b\n"
        "8: tg_two_roundings r6\n"
        ".irp sum, r7,r8,r9,r10,r11,r12,r14\n"
        "ldmia r5!, {r0-r2}\n"
        "tg_two_roundings \\sum\n"
        ".endr\n"
        ".purgem tg_two_roundings\n"
        "str r5, [sp, #" WORDS "]\n"
        "ldr w, [sp, #" NEXT_WEIGHTS "]\n"
        "b 3b\n"

        /* ACCUMULATORS */
        "6:\n"
        ".irp sum, r7,r9,r11,r14\n"
        "asr \\sum, \\sum, #8\n"
        ".endr\n"
        "stmia r4!, {r6-r12, lr}\n"
        "ldr w, [sp, #" NEXT_WEIGHTS "]\n"

        "b 7b\n"
        ".unreq x\n .unreq w\n"
        ".unreq lo_ab\n .unreq mix_ab\n .unreq lo_cd\n .unreq mix_cd\n"
        ".unreq lo_ef\n .unreq mix_ef\n .unreq lo_gh\n .unreq mix_gh\n");
}

#endif

TG_INLINE int32_t *widen_quad(int32_t *to, const int8_t *from)
{
    const uint32_t bytes = tg_load_quad(from);

    to[0] = (int32_t)tg_sxtb16(bytes);
    to[1] = (int32_t)tg_sxtb16_ror8(bytes);
    return to + 2;
}

/* The sums of two outputs: lo = A, mix = A + 256 * B. */
struct sums {
    int32_t lo;
    int32_t mix;
};

TG_INLINE void add_products(struct sums *s, uint32_t x, uint32_t weights)
{
    s->mix = tg_smlad(x, weights, s->mix);
    s->lo = tg_smlad(x, tg_sxtb16(weights), s->lo);
}

TG_INLINE void to_accumulators(const struct sums *s, int32_t *acc)
{
    acc[0] = s->lo;
    acc[1] = tg_dsp_high(s->mix, s->lo);
}

#if !TG_ASSEMBLY

TG_KERNEL void tg_fully_connected_widen_dsp(int32_t *to, const int8_t *from, int32_t sixteens)
{
    for (int32_t quads = 4 * sixteens; quads > 0; quads--) {
        to = widen_quad(to, from);
        from += 4;
    }
}

static void run_block(const struct task *task, const int32_t *weights, const int32_t *starts, int32_t *acc)
{
    struct sums ab = {starts[0], starts[1]};
    struct sums cd = {starts[2], starts[3]};
    struct sums ef = {starts[4], starts[5]};
    struct sums gh = {starts[6], starts[7]};

    for (int32_t i = 0; i < task->steps; i++) {
        const uint32_t x = (uint32_t)task->x[i];
        add_products(&ab, x, (uint32_t)weights[0]);
        add_products(&cd, x, (uint32_t)weights[1]);
        add_products(&ef, x, (uint32_t)weights[2]);
        add_products(&gh, x, (uint32_t)weights[3]);
        weights += WIDE / 2;
        tg_keep_loads_here();
    }
    to_accumulators(&ab, acc);
    to_accumulators(&cd, acc + 2);
    to_accumulators(&ef, acc + 4);
    to_accumulators(&gh, acc + 6);
}

TG_KERNEL void tg_fully_connected_run_dsp(const struct task *task)
{
    const int32_t form = task->ending <= ONE_PRODUCT ? TG_DSP_ONE_PRODUCT : TG_DSP_TWO_ROUNDINGS;
    const int32_t *words = task->words;
    int8_t *out = task->out;

    for (int32_t block = 0; block < task->blocks; block++) {
        int32_t acc[WIDE];
        run_block(task, task->weights + block * task->steps * (WIDE / 2), task->starts + block * WIDE, acc);
        if (task->ending == ACCUMULATORS) {
            memcpy(out, acc, sizeof acc);
            out += sizeof acc;
            continue;
        }
        for (int32_t i = 0; i < WIDE; i++) {
            *out++ = tg_dsp_scaled(acc[i], words, form);
            words += task->words_step / WORD_BYTES;
        }
    }
}

#endif

/* Widens a row; returns the end of its words. */
static int32_t *widen(int32_t *to, const int8_t *from, int32_t depth)
{
    const int32_t sixteens = depth / 16;
    int32_t left = depth % 16;
    uint32_t last = 0;

    if (sixteens > 0) {
        tg_fully_connected_widen_dsp(to, from, sixteens);
        from += 16 * sixteens;
        to += 8 * sixteens;
    }
    for (; left >= 4; left -= 4) {
        to = widen_quad(to, from);
        from += 4;
    }
    for (int32_t i = 0; i < left; i++) {
        last = last >> 8 | (uint32_t)(uint8_t)from[i] << 24;
    }
    if (left == 3) {
        *to++ = (int32_t)tg_sxtb16(last);
        *to++ = (int32_t)tg_sxtb16_ror8(last);
    } else if (left > 0) {
        *to++ = (int32_t)(left == 1 ? tg_sxtb16_ror8(last) : tg_pkhtb_asr16(tg_sxtb16_ror8(last), tg_sxtb16(last)));
    }
    return to;
}

/* The accumulators of four outputs from `channel` on. */
static void run_narrow(const struct tg_fully_connected_dsp *layer, const int32_t *x, int32_t channel, int32_t *acc)
{
    const int32_t *weights = layer->weights + channel / 2 * layer->steps;
    const int32_t *starts = layer->starts + channel;
    struct sums ab = {starts[0], starts[1]};
    struct sums cd = {starts[2], starts[3]};

    for (int32_t i = 0; i < layer->steps; i += 2) {
        add_products(&ab, (uint32_t)x[0], (uint32_t)weights[0]);
        add_products(&cd, (uint32_t)x[0], (uint32_t)weights[1]);
        add_products(&ab, (uint32_t)x[1], (uint32_t)weights[2]);
        add_products(&cd, (uint32_t)x[1], (uint32_t)weights[3]);
        x += 2;
        weights += 2 * NARROW / 2;
        tg_keep_loads_here();
    }
    to_accumulators(&ab, acc);
    to_accumulators(&cd, acc + 2);
}

/* The accumulators of the next outputs from `channel` on, eight or, where no more than four are left, four. Returns how
 * many outputs these are. */
static int32_t run_next(const struct tg_fully_connected_dsp *layer, const int32_t *x, int32_t channel, int32_t *acc)
{
    const int32_t left = layer->channels - channel;
    struct task task;

    if (left <= NARROW) {
        run_narrow(layer, x, channel, acc);
        return left;
    }
    task.weights = layer->weights + channel / 2 * layer->steps;
    task.starts = layer->starts + channel;
    task.words = NULL;
    task.words_step = 0;
    task.x = x;
    task.steps = layer->steps;
    task.out = (int8_t *)acc;
    task.blocks = 1;
    task.ending = ACCUMULATORS;
    tg_fully_connected_run_dsp(&task);
    return left < WIDE ? left : WIDE;
}

static int32_t ending(const struct tg_fully_connected_dsp *layer)
{
    if (layer->form == TG_DSP_ONE_PRODUCT) {
        return layer->channel_words == 0 ? ONE_PRODUCT_FOR_ALL : ONE_PRODUCT;
    }
    if (layer->form == TG_DSP_TWO_ROUNDINGS) {
        return layer->channel_words == 0 ? TWO_ROUNDINGS_FOR_ALL : TWO_ROUNDINGS;
    }
    return ACCUMULATORS;
}

/* The outputs that the assembly finishes; returns how many. */
static int32_t run_blocks(const struct tg_fully_connected_dsp *layer, const int32_t *x, int8_t *out)
{
    struct task task;

    task.weights = layer->weights;
    task.starts = layer->starts;
    task.words = layer->words;
    task.words_step = layer->channel_words * WORD_BYTES;
    task.x = x;
    task.steps = layer->steps;
    task.out = out;
    task.blocks = layer->channels / WIDE;
    task.ending = ending(layer);
    if (task.ending == ACCUMULATORS || task.blocks == 0) {
        return 0;
    }
    tg_fully_connected_run_dsp(&task);
    return task.blocks * WIDE;
}

/* Outputs channel .. channel + count from their accumulators. */
static void finish(const struct tg_fully_connected_dsp *layer, const struct tg_dsp_scale *scale, const int32_t *acc,
                   int32_t channel, int32_t count, int8_t *out)
{
    const int32_t *words = layer->words + channel * layer->channel_words;

    for (int32_t i = 0; i < count; i++) {
        out[channel + i] = tg_dsp_by_rule(acc[i], words, scale);
        words += layer->channel_words;
    }
}

/* Widens a row into an even number of words. */
static void widen_row(const struct tg_fully_connected_dsp *layer, const int8_t *in, int32_t *x)
{
    int32_t *const end = widen(x, in, layer->depth);

    if (end != x + layer->steps) {
        *end = 0;
    }
}

TG_KERNEL void tg_fully_connected_sums_dsp(const struct tg_fully_connected_dsp *layer, const int8_t *in, int32_t *acc,
                                           void *scratch)
{
    int32_t *const x = (int32_t *)scratch;

    widen_row(layer, in, x);
    for (int32_t channel = 0; channel < layer->channels;) {
        channel += run_next(layer, x, channel, acc + channel);
    }
}

TG_KERNEL void tg_fully_connected_s8_dsp(const struct tg_fully_connected_dsp *layer, const int8_t *in,
                                         int8_t *out, void *scratch)
{
    const struct tg_dsp_scale scale = {NULL, layer->form, layer->out_zero_point, layer->out_min, layer->out_max};
    int32_t *const x = (int32_t *)scratch;

    for (int32_t row = 0; row < layer->rows; row++) {
        int8_t *const to = out + row * layer->channels;
        int32_t channel;

        widen_row(layer, in + row * layer->depth, x);
        for (channel = run_blocks(layer, x, to); channel < layer->channels;) {
            int32_t acc[WIDE];
            const int32_t count = run_next(layer, x, channel, acc);
            finish(layer, &scale, acc, channel, count, to);
            channel += count;
        }
    }
    tg_dsp_scale_clamp(&scale, out, layer->rows * layer->channels);
}
