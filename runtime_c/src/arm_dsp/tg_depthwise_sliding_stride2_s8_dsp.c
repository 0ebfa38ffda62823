/* See tg_depthwise_sliding_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_sliding_row.h"

#if TG_ASSEMBLY

/* An output takes 28 cycles, the first one of a channel fewer, a channel about 30 more. */
#define NAMES                \
    ".syntax unified\n"      \
    "x .req r0\n"            \
    "row_1 .req r1\n"        \
    "row_2 .req r2\n"        \
    "to .req r3\n"           \
    "step_last .req r4\n"    \
    "left .req r5\n"         \
    "middle .req r6\n"       \
    "right .req r7\n"        \
    "lowest .req r8\n"       \
    "scale .req r9\n"        \
    "sum .req r10\n"         \
    "second .req r11\n"      \
    "upper .req r12\n"       \
    "lower .req lr\n"

#define FORGET_NAMES         \
    ".unreq x\n"             \
    ".unreq row_1\n"         \
    ".unreq row_2\n"         \
    ".unreq to\n"            \
    ".unreq step_last\n"     \
    ".unreq left\n"          \
    ".unreq middle\n"        \
    ".unreq right\n"         \
    ".unreq lowest\n"        \
    ".unreq scale\n"         \
    ".unreq sum\n"           \
    ".unreq second\n"        \
    ".unreq upper\n"         \
    ".unreq lower\n"

/* Slots. */
#define OFFSET "0"
#define PADDING "1"
#define CHANNELS "2"
#define LAST_CHANNEL "3" /* behind it */
#define LEFT "4"
#define LOOP_BYTES "5"
#define RIGHT "6"
#define BACK "7"    /* from where x is after a channel to where it starts for the next */
#define TO_BACK "8" /* the same of `to` */
#define END "9"     /* x behind the columns of the loop */

#define LOOPS                                                       \
    ".macro tg_take\n"                                              \
    "ldrsb upper, [x]\n"                                            \
    "ldrsb second, [x, row_1]\n"                                    \
    "ldrsb lower, [x, row_2]\n"                                     \
    "uxtah x, x, step_last\n"                                       \
    "pkhbt upper, upper, second, lsl #16\n"                         \
    ".endm\n"                                                       \
    ".macro tg_left\n"                                              \
    "smlad sum, upper, left, sum\n"                                 \
    "smlabb sum, lower, lowest, sum\n"                              \
    ".endm\n"                                                       \
    ".macro tg_middle\n"                                            \
    "smlad sum, upper, middle, sum\n"                               \
    "smlabt sum, lower, lowest, sum\n"                              \
    ".endm\n"                                                       \
    ".macro tg_right\n"                                             \
    "smlad sum, upper, right, sum\n"                                \
    "smlabt sum, lower, step_last, sum\n"                           \
    ".endm\n"                                                       \
    ".macro tg_store\n"                                             \
    "smmul sum, sum, scale\n"                                       \
    "ssat sum, #8, sum, asr #8\n"                                   \
    "strb sum, [to]\n"                                              \
    ".endm\n"

TG_NAKED static void slide(const struct tg_sliding_row *row __attribute__((unused)))
{
    __asm__ volatile(
        NAMES TG_SLOTS_MACROS LOOPS
        "push {r4-r11, lr}\n" TG_SLOTS_RESERVE
        "ldr r5, [r0, #" TG_ROW_CHANNEL_COUNT "]\n"
        "ldr r6, [r0, #" TG_ROW_LEFT "]\n"
        "ldr r7, [r0, #" TG_ROW_LOOP_COLUMNS "]\n"
        "ldr r8, [r0, #" TG_ROW_RIGHT "]\n"
        "ldr lr, [r0, #" TG_ROW_CHANNELS "]\n"
        "keep " LEFT ", r6\n"
        "keep " RIGHT ", r8\n"
        "mov r4, #" TG_CHANNEL_BYTES "\n"
        "mla r4, r4, r5, lr\n"
        "keep " LAST_CHANNEL ", r4\n"
        "mul r4, r7, r5\n"
        "keep " LOOP_BYTES ", r4\n"
        "lsr r4, r4, #1\n"
        "sub r4, r4, #1\n"
        "keep " TO_BACK ", r4\n"
        "sub r4, r7, r6\n"
        "sub r4, r4, r8\n"
        "add r4, r4, #3\n"
        "mul r4, r4, r5\n"
        "sub r4, r4, #1\n"
        "keep " BACK ", r4\n"
        "ldr row_1, [r0, #" TG_ROW_IN_1 "]\n"
        "ldr row_2, [r0, #" TG_ROW_IN_2 "]\n"
        "ldr to, [r0, #" TG_ROW_OUT "]\n"
        "ldr x, [r0, #" TG_ROW_IN_0 "]\n"
        "sub row_1, row_1, x\n"
        "sub row_2, row_2, x\n"

        /* a channel */
        "5: ldmia lr!, {r4-r12}\n"
        "keep " CHANNELS ", lr\n"
        "keep " OFFSET ", r11\n"
        "keep " PADDING ", r12\n"
        "recall second, " LEFT "\n"
        "cmp second, #0\n"
        "bne 1f\n"
        "tg_take\n"
        "tg_left\n"
        "1: tg_take\n"
        "tg_middle\n"
        "recall second, " LOOP_BYTES "\n"
        "add second, second, x\n"
        "keep " END ", second\n"

        /* two columns: the end of an output, which begins another, and its middle */
        "2: tg_take\n"
        "tg_right\n"
        "tg_store\n"
        "recall sum, " OFFSET "\n"
        "uxtah to, to, step_last\n"
        "tg_left\n"
        "tg_take\n"
        "recall second, " END "\n"
        "tg_middle\n"
        "cmp x, second\n"
        "bne 2b\n"

        /* the end of the last output */
        "recall second, " RIGHT "\n"
        "recall lower, " PADDING "\n"
        "cmp second, #0\n"
        "beq 3f\n"
        "add sum, sum, lower\n"
        "4: tg_store\n"
        "recall lr, " CHANNELS "\n"
        "recall upper, " BACK "\n"
        "recall second, " TO_BACK "\n"
        "recall sum, " LAST_CHANNEL "\n"
        "sub x, x, upper\n"
        "sub to, to, second\n"
        "cmp lr, sum\n"
        "bne 5b\n" TG_SLOTS_RELEASE
        "pop {r4-r11, pc}\n"

        "3: tg_take\n"
        "tg_right\n"
        "b 4b\n"
        ".purgem tg_take\n"
        ".purgem tg_left\n"
        ".purgem tg_middle\n"
        ".purgem tg_right\n"
        ".purgem tg_store\n"
        TG_SLOTS_END FORGET_NAMES);
}

#else

static void slide_channel(const struct tg_sliding_row *row, const int32_t *channel, int32_t at, int8_t *to)
{
    const int32_t step = row->channel_count;
    int32_t sum = channel[START];

    if (row->left == 0) {
        sum = add_left(read_column(row, at), channel, sum);
        at += step;
    }
    sum = add_middle(read_column(row, at), channel, sum);
    at += step;
    for (int32_t i = 0; i < row->loop_columns; i += 2) {
        const struct column x = read_column(row, at);

        *to = finish(channel, add_right(x, channel, sum));
        to += step;
        sum = add_left(x, channel, channel[OFFSET]);
        sum = add_middle(read_column(row, at + step), channel, sum);
        at += 2 * step;
    }
    if (row->right == 0) {
        *to = finish(channel, add_right(read_column(row, at), channel, sum));
    } else {
        *to = finish(channel, add_padding(channel, sum));
    }
}

static void slide(const struct tg_sliding_row *row)
{
    for (int32_t c = 0; c < row->channel_count; c++) {
        slide_channel(row, row->channels + c * TG_SLIDING_CHANNEL_WORDS, c, row->out + c);
    }
}

#endif

TG_KERNEL void tg_depthwise_sliding_stride2_s8_dsp(const struct tg_depthwise_sliding_dsp *layer, const int8_t *in,
                                                   int8_t *out)
{
    tg_sliding_whole(layer, in, out, slide);
}

TG_KERNEL void tg_depthwise_sliding_stride2_s8_dsp_rows(const struct tg_depthwise_sliding_dsp *layer,
                                                        const int8_t *const *rows, int8_t *const *out,
                                                        int32_t row_count)
{
    tg_sliding_rows(layer, rows, out, row_count, slide);
}
