/* Two pixels, a and b, times a block of four output channels A, B, C, D: the part that direct convolutions share.
 *
 * Words of weights are mixed in pairs of channels (tg_conv2d_dsp.h). A kernel adds up `lo` = A or C and `mix` =
 * A + 256 * B or C + 256 * D for both pixels, eight sums, and finishes them into bytes (tg_dsp_scale.h).
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DSP_PAIR_H
#define TG_DSP_PAIR_H

#include "tg_assembly.h"
#include "tg_dsp_scale_finish.h"

#define TG_PAIR_WORD_BYTES 4

/* Weights of a step: mix(A, B) and mix(C, D) of two values. */
#define TG_PAIR_STEP_WORDS 2
#define TG_PAIR_STEP_BYTES 8

/* Room for the eight sums of a pair, where assembly does not finish them. */
#define TG_PAIR_SUMS_BYTES 32

/* Blocks of output channels for pairs of pixels. Assembly knows the places of the fields. */
struct tg_pair_task {
    const int8_t *x;        /* int16 values of the first pair */
    int32_t x_step;         /* bytes to the next pair */
    int8_t *out;            /* of the first pair's a */
    int32_t out_b;          /* bytes from a to b */
    int32_t out_step;       /* bytes to the next pair */
    int32_t pairs;          /* 1 or more */
    const int32_t *weights;
    int32_t weights_bytes;  /* of a block */
    const int32_t *block;   /* words: tg_dsp_scale.h */
    int32_t block_bytes;
    int32_t blocks;         /* 1 or more; each writes behind the one before */
    int32_t form;           /* with a rule, out gets four int32 sums instead of four bytes */
    int32_t pitch;          /* for windows whose values do not lie side by side: bytes on after each part, */
    int32_t wrap_bytes;     /* weights before the place where x wraps around (weights_bytes: nowhere), */
    int32_t wrap_back;      /* and bytes back there */
};

#if TG_ASSEMBLY

/* Of a naked function: it comes in a register, and the compiler sees no use of it. */
#define TG_PAIR_ARGUMENT __attribute__((unused))

/* Places in struct tg_pair_task. */
#define TG_PAIR_TASK_WEIGHTS "24"
#define TG_PAIR_TASK_WEIGHTS_BYTES "28"
#define TG_PAIR_TASK_BLOCK "32"
#define TG_PAIR_TASK_BLOCK_BYTES "36"
#define TG_PAIR_TASK_BLOCKS "40"
#define TG_PAIR_TASK_FORM "44"
#define TG_PAIR_TASK_PITCH "48"
#define TG_PAIR_TASK_WRAP_BYTES "52"
#define TG_PAIR_TASK_WRAP_BACK "56"

/* Places in the frame. The first six are those of the task, for the pair at hand, but for the last. */
#define TG_PAIR_X "0"
#define TG_PAIR_OUT "8"
#define TG_PAIR_OUT_END "20"   /* out behind the last pair, in place of the pairs */
#define TG_PAIR_W "24"         /* where the weights of the block start */
#define TG_PAIR_W_END "28"     /* and where they end */
#define TG_PAIR_BLOCK "32"
#define TG_PAIR_STARTS "36"    /* the sums' first values, the last words of the block */
#define TG_PAIR_FORM "40"
#define TG_PAIR_BLOCKS_LEFT "44"
#define TG_PAIR_TASK "48"
#define TG_PAIR_FREE "52"      /* what a kernel adds: four words */
#define TG_PAIR_FREE_4 "56"
#define TG_PAIR_FREE_8 "60"
#define TG_PAIR_FREE_12 "64"
#define TG_PAIR_FRAME_BYTES "68"

/* x and w walk over values and weights; pa, pb, ab, cd hold them. */
#define TG_PAIR_NAMES                                                                                                  \
    ".syntax unified\n"                                                                                                \
    "pa .req r0\n pb .req r1\n ab .req r2\n cd .req r3\n x .req r4\n w .req r5\n"                                      \
    "alo_ab .req r6\n amix_ab .req r7\n alo_cd .req r8\n amix_cd .req r9\n"                                            \
    "blo_ab .req r10\n bmix_ab .req r11\n blo_cd .req r12\n bmix_cd .req r14\n"

#define TG_PAIR_FORGET_NAMES                                                                                           \
    ".unreq pa\n .unreq pb\n .unreq ab\n .unreq cd\n .unreq x\n .unreq w\n"                                            \
    ".unreq alo_ab\n .unreq amix_ab\n .unreq alo_cd\n .unreq amix_cd\n"                                                \
    ".unreq blo_ab\n .unreq bmix_ab\n .unreq blo_cd\n .unreq bmix_cd\n"

/* Task in r0, and again in r0 afterwards. */
#define TG_PAIR_ENTER                                                                                                  \
    "push {r4-r11, lr}\n"                                                                                              \
    "sub sp, sp, #" TG_PAIR_FRAME_BYTES "\n"                                                                           \
    "ldr r1, [r0, #" TG_PAIR_TASK_WEIGHTS "]\n"                                                                        \
    "ldr r2, [r0, #" TG_PAIR_TASK_BLOCK "]\n"                                                                          \
    "ldr r3, [r0, #" TG_PAIR_TASK_BLOCKS "]\n"                                                                         \
    "ldr r4, [r0, #" TG_PAIR_TASK_FORM "]\n"                                                                           \
    "str r1, [sp, #" TG_PAIR_W "]\n"                                                                                   \
    "str r2, [sp, #" TG_PAIR_BLOCK "]\n"                                                                               \
    "str r3, [sp, #" TG_PAIR_BLOCKS_LEFT "]\n"                                                                         \
    "str r4, [sp, #" TG_PAIR_FORM "]\n"                                                                                \
    "str r0, [sp, #" TG_PAIR_TASK "]\n"

/* The first pair of a block: task in r0; leaves the weights' start in r1 and their bytes in r2. */
#define TG_PAIR_ENTER_BLOCK                                                                                            \
    "ldm r0, {r4-r9}\n"                                                                                                \
    "mla r9, r8, r9, r6\n"                                                                                             \
    "stm sp, {r4-r9}\n"                                                                                                \
    "ldr r1, [sp, #" TG_PAIR_W "]\n"                                                                                   \
    "ldr r2, [r0, #" TG_PAIR_TASK_WEIGHTS_BYTES "]\n"                                                                  \
    "ldr r3, [sp, #" TG_PAIR_BLOCK "]\n"                                                                               \
    "ldr r4, [r0, #" TG_PAIR_TASK_BLOCK_BYTES "]\n"                                                                    \
    "add r5, r1, r2\n"                                                                                                 \
    "str r5, [sp, #" TG_PAIR_W_END "]\n"                                                                               \
    "add r3, r3, r4\n"                                                                                                 \
    "subs r3, r3, #16\n"                                                                                               \
    "str r3, [sp, #" TG_PAIR_STARTS "]\n"

/* The next block, if there is one: then task in r0, and Z is clear. The outputs go behind those of the last. */
#define TG_PAIR_NEXT_BLOCK                                                                                             \
    "ldr r0, [sp, #" TG_PAIR_TASK "]\n"                                                                                \
    "ldr r1, [sp, #" TG_PAIR_W_END "]\n"                                                                               \
    "ldr r2, [sp, #" TG_PAIR_STARTS "]\n"                                                                              \
    "ldr r3, [sp, #" TG_PAIR_BLOCKS_LEFT "]\n"                                                                         \
    "ldr r4, [r0, #" TG_PAIR_OUT "]\n"                                                                                 \
    "str r1, [sp, #" TG_PAIR_W "]\n"                                                                                   \
    "adds r2, r2, #16\n"                                                                                               \
    "str r2, [sp, #" TG_PAIR_BLOCK "]\n"                                                                               \
    "adds r4, r4, #4\n"                                                                                                \
    "str r4, [r0, #" TG_PAIR_OUT "]\n"                                                                                 \
    "subs r3, r3, #1\n"                                                                                                \
    "str r3, [sp, #" TG_PAIR_BLOCKS_LEFT "]\n"

#define TG_PAIR_LEAVE                                                                                                  \
    "add sp, sp, #" TG_PAIR_FRAME_BYTES "\n"                                                                           \
    "pop {r4-r11, pc}\n"

/* Sums start; their address is in r0. */
#define TG_PAIR_START                                                                                                  \
    "ldm r0, {r6-r9}\n"                                                                                                \
    "mov blo_ab, alo_ab\n"                                                                                             \
    "mov bmix_ab, amix_ab\n"                                                                                           \
    "mov blo_cd, alo_cd\n"                                                                                             \
    "mov bmix_cd, amix_cd\n"

/* Defines the macro: two values of each pixel, in registers a and b, times their weights in ab and cd, which are lost. */
#define TG_PAIR_PRODUCTS                                                                                               \
    ".macro tg_products a, b\n"                                                                                        \
    "smlad amix_ab, \\a, ab, amix_ab\n"                                                                               \
    "smlad bmix_ab, \\b, ab, bmix_ab\n"                                                                               \
    "smlad amix_cd, \\a, cd, amix_cd\n"                                                                               \
    "smlad bmix_cd, \\b, cd, bmix_cd\n"                                                                               \
    "sxtb16 ab, ab\n"                                                                                                  \
    "sxtb16 cd, cd\n"                                                                                                  \
    "smlad alo_ab, \\a, ab, alo_ab\n"                                                                                 \
    "smlad blo_ab, \\b, ab, blo_ab\n"                                                                                 \
    "smlad alo_cd, \\a, cd, alo_cd\n"                                                                                 \
    "smlad blo_cd, \\b, cd, blo_cd\n"                                                                                 \
    ".endm\n"

/* The sums of a pair become bytes, or stay sums, and are stored; goes to label 1 for the next pair, with its x, and
 * falls through after the last. Uses the labels 5 to 8. With ONE_PRODUCT 66 cycles. */
#define TG_PAIR_FINISH                                                                                                 \
    "ldr r5, [sp, #" TG_PAIR_BLOCK "]\n"                                                                               \
    "ldr r0, [sp, #" TG_PAIR_FORM "]\n"                                                                                \
    "sub amix_ab, amix_ab, alo_ab\n"                                                                                   \
    "sub bmix_ab, bmix_ab, blo_ab\n"                                                                                   \
    "sub amix_cd, amix_cd, alo_cd\n"                                                                                   \
    "sub bmix_cd, bmix_cd, blo_cd\n"                                                                                   \
    "cmp r0, #0\n"                                                                                                     \
    "bne 7f\n"                                                                                                         \
    /* ONE_PRODUCT: 256 times the accumulators; the words of A and B, then of C and D */                               \
    "lsl alo_ab, alo_ab, #8\n"                                                                                         \
    "lsl blo_ab, blo_ab, #8\n"                                                                                         \
    "lsl alo_cd, alo_cd, #8\n"                                                                                         \
    "lsl blo_cd, blo_cd, #8\n"                                                                                         \
    "ldmia r5!, {r0-r3}\n"                                                                                             \
    "smmla alo_ab, alo_ab, r0, r1\n"                                                                                   \
    "smmla blo_ab, blo_ab, r0, r1\n"                                                                                   \
    "smmla amix_ab, amix_ab, r2, r3\n"                                                                                 \
    "smmla bmix_ab, bmix_ab, r2, r3\n"                                                                                 \
    "ldmia r5!, {r0-r3}\n"                                                                                             \
    "smmla alo_cd, alo_cd, r0, r1\n"                                                                                   \
    "smmla blo_cd, blo_cd, r0, r1\n"                                                                                   \
    "smmla amix_cd, amix_cd, r2, r3\n"                                                                                 \
    "smmla bmix_cd, bmix_cd, r2, r3\n"                                                                                 \
    ".irp sum, r6,r7,r8,r9,r10,r11,r12,r14\n"                                                                          \
    "ssat \\sum, #8, \\sum, asr #12\n"                                                                                 \
    ".endr\n"                                                                                                          \
    /* stores */                                                                                                       \
    "5: ldm sp, {r0-r5}\n" /* x, its step, out, to b, its step, the end of out */                                      \
    "add r3, r3, r2\n"                                                                                                 \
    "strb blo_ab, [r3]\n" /* b first: it may be a */                                                                   \
    "strb bmix_ab, [r3, #1]\n"                                                                                         \
    "strb blo_cd, [r3, #2]\n"                                                                                          \
    "strb bmix_cd, [r3, #3]\n"                                                                                         \
    "strb alo_ab, [r2]\n"                                                                                              \
    "strb amix_ab, [r2, #1]\n"                                                                                         \
    "strb alo_cd, [r2, #2]\n"                                                                                          \
    "strb amix_cd, [r2, #3]\n"                                                                                         \
    "6: add r2, r2, r4\n"                                                                                              \
    "add x, r0, r1\n"                                                                                                  \
    "cmp r2, r5\n"                                                                                                     \
    "str x, [sp, #" TG_PAIR_X "]\n"                                                                                    \
    "str r2, [sp, #" TG_PAIR_OUT "]\n"                                                                                 \
    "bne 1b\n"                                                                                                         \
    "b 9f\n"                                                                                                           \
    "7: cmp r0, #1\n"                                                                                                  \
    "bne 8f\n"                                                                                                         \
    /* TWO_ROUNDINGS: twice the accumulators; the words of one channel after the other */                              \
    "lsl alo_ab, alo_ab, #1\n"                                                                                         \
    "lsl blo_ab, blo_ab, #1\n"                                                                                         \
    "lsl alo_cd, alo_cd, #1\n"                                                                                         \
    "lsl blo_cd, blo_cd, #1\n"                                                                                         \
    "asr amix_ab, amix_ab, #7\n"                                                                                       \
    "asr bmix_ab, bmix_ab, #7\n"                                                                                       \
    "asr amix_cd, amix_cd, #7\n"                                                                                       \
    "asr bmix_cd, bmix_cd, #7\n"                                                                                       \
    ".macro tg_two_roundings suma, sumb\n"                                                                             \
    "ldmia r5!, {r0-r2}\n"                                                                                             \
    "add r3, r1, \\suma, asr #31\n"                                                                                    \
    "smmlar \\suma, \\suma, r0, r3\n"                                                                                  \
    "add r3, r1, \\sumb, asr #31\n"                                                                                    \
    "smmlar \\sumb, \\sumb, r0, r3\n"                                                                                  \
    "asr \\suma, \\suma, r2\n"                                                                                         \
    "asr \\sumb, \\sumb, r2\n"                                                                                         \
    "ssat \\suma, #8, \\suma\n"                                                                                        \
    "ssat \\sumb, #8, \\sumb\n"                                                                                        \
    ".endm\n"                                                                                                          \
    "tg_two_roundings alo_ab, blo_ab\n"                                                                                \
    "tg_two_roundings amix_ab, bmix_ab\n"                                                                              \
    "tg_two_roundings alo_cd, blo_cd\n"                                                                                \
    "tg_two_roundings amix_cd, bmix_cd\n"                                                                              \
    ".purgem tg_two_roundings\n"                                                                                       \
    "b 5b\n"                                                                                                           \
    /* by a rule: the accumulators as they are */                                                                      \
    "8: asr amix_ab, amix_ab, #8\n"                                                                                    \
    "asr bmix_ab, bmix_ab, #8\n"                                                                                       \
    "asr amix_cd, amix_cd, #8\n"                                                                                       \
    "asr bmix_cd, bmix_cd, #8\n"                                                                                       \
    "ldm sp, {r0-r5}\n"                                                                                                \
    "add r3, r3, r2\n"                                                                                                 \
    "stm r3, {r10-r12, lr}\n"                                                                                          \
    "stm r2, {r6-r9}\n"                                                                                                \
    "b 6b\n"                                                                                                           \
    "9:\n"

#else

/* One pixel's sums of a block. */
struct tg_pair_sums {
    int32_t lo_ab;
    int32_t mix_ab;
    int32_t lo_cd;
    int32_t mix_cd;
};

TG_INLINE struct tg_pair_sums tg_pair_start(const struct tg_pair_task *task, const int32_t *block)
{
    const int32_t *const starts = block + task->block_bytes / TG_PAIR_WORD_BYTES - TG_DSP_BLOCK;
    const struct tg_pair_sums s = {starts[0], starts[1], starts[2], starts[3]};

    return s;
}

/* Two values at x times their weights. */
TG_INLINE void tg_pair_products(struct tg_pair_sums *s, const int8_t *x, const int32_t *weights)
{
    uint32_t values;

    memcpy(&values, x, sizeof values);
    s->mix_ab = tg_smlad(values, (uint32_t)weights[0], s->mix_ab);
    s->mix_cd = tg_smlad(values, (uint32_t)weights[1], s->mix_cd);
    s->lo_ab = tg_smlad(values, tg_sxtb16((uint32_t)weights[0]), s->lo_ab);
    s->lo_cd = tg_smlad(values, tg_sxtb16((uint32_t)weights[1]), s->lo_cd);
}

TG_INLINE void tg_pair_finish(const struct tg_pair_sums *s, const int32_t *block, int32_t form, int8_t *out)
{
    const int32_t words = tg_dsp_channel_words(form);
    int32_t acc[TG_DSP_BLOCK];

    acc[0] = s->lo_ab;
    acc[1] = tg_dsp_high(s->mix_ab, s->lo_ab);
    acc[2] = s->lo_cd;
    acc[3] = tg_dsp_high(s->mix_cd, s->lo_cd);
    if (form != TG_DSP_ONE_PRODUCT && form != TG_DSP_TWO_ROUNDINGS) {
        memcpy(out, acc, sizeof acc);
        return;
    }
    for (int32_t i = 0; i < TG_DSP_BLOCK; i++) {
        out[i] = tg_dsp_scaled(acc[i], block + i * words, form);
    }
}

#endif

/* How a task is run: a kernel's hot loop, which moves task->out on by 4 * task->blocks. */
typedef void tg_pair_run(struct tg_pair_task *task);

/* `channels` output channels of a task that has everything but form, block_bytes and blocks. The last block starts so
 * that it ends with the last channel, and repeats channels of the one before. `sums`: TG_PAIR_SUMS_BYTES. */
void tg_pair_run_channels(struct tg_pair_task *task, const struct tg_dsp_scale *scale, int32_t channels, int8_t *sums,
                          tg_pair_run *run);

/* What differs between kernels that share their outer loops: it lies in the first bytes of scratch, before there are
 * sums, because an argument more would take stack. */
TG_INLINE void tg_pair_hand_over(void *scratch, tg_pair_run *run)
{
    memcpy(scratch, &run, sizeof run);
}

TG_INLINE tg_pair_run *tg_pair_handed_over(const void *scratch)
{
    tg_pair_run *run;

    memcpy(&run, scratch, sizeof run);
    return run;
}

/* Weights and words behind so many blocks. */
TG_INLINE void tg_pair_skip_blocks(struct tg_pair_task *task, int32_t blocks)
{
    const int8_t *const weights = (const int8_t *)task->weights + blocks * task->weights_bytes;
    const int8_t *const block = (const int8_t *)task->block + blocks * task->block_bytes;

    task->weights = (const int32_t *)(const void *)weights;
    task->block = (const int32_t *)(const void *)block;
}

#endif
