/* See tg_depthwise_sliding_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_sliding_row.h"

#if TG_ASSEMBLY

/* A column takes 18 cycles, the first one of a channel fewer, a channel about 30 more; eight columns take 8 more where
 * there are more than eight.
 *
 * The sum of the output that ends with this column is in `ends`, that of the next one in `next`. The loop over the
 * columns is unrolled and entered in its middle, so that narrow rows run through it once. */
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
    "next .req r10\n"        \
    "ends .req r11\n"        \
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
    ".unreq next\n"          \
    ".unreq ends\n"          \
    ".unreq upper\n"         \
    ".unreq lower\n"

/* Slots. */
#define OFFSET "0"
#define PADDING "1"
#define CHANNELS "2"
#define LAST_CHANNEL "3" /* behind it */
#define FIRST "4"        /* where the code goes on behind a channel's first column */
#define ENTRY "5"        /* of the loop */
#define FLAGS "6"        /* bit 31: no padding on the right; the others: 0 if the loop runs once */
#define LOOP_BYTES "7"   /* from behind the first column to behind those of the loop */
#define BACK "8"         /* from where x is after a channel to where it starts for the next */
#define END "9"          /* x behind the columns of the loop */

#define COLUMN_CODE_BYTES "60"

#define LOOPS                                                       \
    ".macro tg_take\n"                                              \
    "ldrsb upper, [x]\n"                                            \
    "ldrsb lower, [x, row_1]\n"                                     \
    "pkhbt upper, upper, lower, lsl #16\n"                          \
    "ldrsb lower, [x, row_2]\n"                                     \
    "uxtah x, x, step_last\n"                                       \
    ".endm\n"                                                       \
    ".macro tg_store\n"                                             \
    "smmul ends, ends, scale\n"                                     \
    "ssat ends, #8, ends, asr #8\n"                                 \
    "strb ends, [x, to]\n"                                          \
    ".endm\n"                                                       \
    ".macro tg_end\n"                                               \
    "smlad ends, upper, right, ends\n"                              \
    "smlabt ends, lower, step_last, ends\n"                         \
    "tg_store\n"                                                    \
    ".endm\n"                                                       \
    ".macro tg_add\n"                                               \
    "smlad ends, upper, middle, next\n"                             \
    "recall next, " OFFSET "\n"                                     \
    "smlabt ends, lower, lowest, ends\n"                            \
    "smlad next, upper, left, next\n"                               \
    "smlabb next, lower, lowest, next\n"                            \
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
        "mov r4, #" TG_CHANNEL_BYTES "\n"
        "mla r4, r4, r5, lr\n"
        "keep " LAST_CHANNEL ", r4\n"
        "rsb r9, r6, #1\n" /* columns behind the first one that end no output either: 1 without padding on the left */
        "add r4, r7, r9\n"
        "mul r9, r4, r5\n"
        "keep " LOOP_BYTES ", r9\n"
        "add r4, r4, r8\n"
        "mla r4, r4, r5, r5\n"
        "sub r4, r4, #1\n"
        "keep " BACK ", r4\n"
        "eor r8, r8, #1\n"
        "sub r4, r7, #1\n"
        "lsr r4, r4, #3\n"
        "orr r4, r4, r8, lsl #31\n"
        "keep " FLAGS ", r4\n"
        "rsb r4, r7, #0\n"
        "and r4, r4, #7\n" /* columns to skip */
        "mov r8, #" COLUMN_CODE_BYTES "\n"
        "adr.w r9, 2f\n"
        "mla r9, r4, r8, r9\n"
        "add r9, r9, #1\n"
        "keep " ENTRY ", r9\n"
        "cmp r6, #0\n"
        "bne 1f\n"
        "adr.w r9, 7f\n"
        "add r9, r9, #1\n"
        "1: keep " FIRST ", r9\n"
        "ldr row_1, [r0, #" TG_ROW_IN_1 "]\n"
        "ldr row_2, [r0, #" TG_ROW_IN_2 "]\n"
        "ldr to, [r0, #" TG_ROW_OUT "]\n"
        "ldr x, [r0, #" TG_ROW_IN_0 "]\n"
        "sub row_1, row_1, x\n"
        "sub row_2, row_2, x\n"
        /* an output ends when x is behind the column to its right: 2 columns on with padding on the left, or else 3 */
        "rsb r6, r6, #3\n"
        "mls to, r6, r5, to\n"
        "sub to, to, x\n"

        /* a channel */
        "5: ldmia lr!, {r4-r12}\n"
        "keep " CHANNELS ", lr\n"
        "keep " OFFSET ", r11\n"
        "keep " PADDING ", r12\n"
        "tg_take\n"
        "tg_add\n"
        "recall upper, " FLAGS "\n"
        "lsls upper, upper, #1\n" /* nothing but the loop's end changes the flags */
        "recall upper, " FIRST "\n"
        "bne 3f\n"
        "bx upper\n"
        "3: recall lower, " LOOP_BYTES "\n"
        "add lower, lower, x\n"
        "keep " END ", lower\n"
        "bx upper\n"

        /* without padding on the left no output ends with the second column either */
        ".balign 4\n"
        "7: tg_take\n"
        "tg_add\n"
        "recall upper, " ENTRY "\n"
        "bx upper\n"

        /* eight columns */
        ".balign 4\n"
        "2:\n"
        ".rept 8\n"
        "tg_take\n"
        "tg_end\n"
        "tg_add\n"
        ".endr\n"
        "bne 8f\n"

        /* the last output of those with a column of padding */
        "4: bcs 6f\n"
        "recall lower, " PADDING "\n"
        "uxtah x, x, step_last\n"
        "add ends, ends, lower\n"
        "tg_store\n"

        "6: recall lr, " CHANNELS "\n"
        "recall upper, " BACK "\n"
        "recall ends, " LAST_CHANNEL "\n"
        "sub x, x, upper\n"
        "cmp lr, ends\n"
        "bne 5b\n" TG_SLOTS_RELEASE
        "pop {r4-r11, pc}\n"

        /* eight columns more, or the flags again */
        "8: recall upper, " END "\n"
        "cmp x, upper\n"
        "bne 2b\n"
        "recall upper, " FLAGS "\n"
        "lsls upper, upper, #1\n"
        "b 4b\n"
        ".purgem tg_take\n"
        ".purgem tg_store\n"
        ".purgem tg_end\n"
        ".purgem tg_add\n"
        TG_SLOTS_END FORGET_NAMES);
}

#else

static void slide_channel(const struct tg_sliding_row *row, const int32_t *channel, int32_t at, int8_t *to)
{
    const int32_t step = row->channel_count;
    const int32_t first = 2 - row->left; /* columns that end no output */
    const int32_t columns = first + row->loop_columns;
    int32_t ends = 0;
    int32_t next = channel[START];

    for (int32_t i = 0; i < columns; i++) {
        const struct column x = read_column(row, at);

        if (i >= first) {
            *to = finish(channel, add_right(x, channel, ends));
            to += step;
        }
        ends = add_middle(x, channel, next);
        next = add_left(x, channel, channel[OFFSET]);
        at += step;
    }
    if (row->right != 0) {
        *to = finish(channel, add_padding(channel, ends));
    }
}

static void slide(const struct tg_sliding_row *row)
{
    for (int32_t c = 0; c < row->channel_count; c++) {
        slide_channel(row, row->channels + c * TG_SLIDING_CHANNEL_WORDS, c, row->out + c);
    }
}

#endif

TG_KERNEL void tg_depthwise_sliding_s8_dsp(const struct tg_depthwise_sliding_dsp *layer, const int8_t *in, int8_t *out)
{
    tg_sliding_whole(layer, in, out, slide);
}

TG_KERNEL void tg_depthwise_sliding_s8_dsp_rows(const struct tg_depthwise_sliding_dsp *layer, const int8_t *const *rows,
                                                int8_t *const *out, int32_t row_count)
{
    tg_sliding_rows(layer, rows, out, row_count, slide);
}
