/* Three kernels of tg_depthwise_planes.h: without offset and sign term, with them, and with a shift of every channel
 * too. The file that includes this one defines SIGNED and SHIFTED as 1 or 0, and COMPUTE as the name of the inner
 * function.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_3X3_STRIDE2_CORE_H
#define TG_DEPTHWISE_3X3_STRIDE2_CORE_H

#include "tg_assembly.h"
#include "tg_planes.h"

/* (w0, w1) of three rows; w2 of rows 0 and 1, w2 of row 2; start, multiplier; offset, sign term and shift where there
 * are some. */
#define CHANNEL_WORDS (7 + 2 * SIGNED + SHIFTED)

void COMPUTE(struct tg_planes_task *task);

#if TG_ASSEMBLY
#include "tg_slots.h"

#define START "0"
#define MULTIPLIER "1"
#define OFFSET "2"
#define COLUMN_STEP "3"
#define LINE_END "4"   /* behind the line's last block of four columns */
#define TURN_BYTES "5" /* of a line that all turns of the loop cover */
#define REST "6"       /* columns behind the blocks: 0 to 3 */
#define LINE_SKIP "7"  /* from there to the next line */
#define OUT_SKIP "8"   /* from behind a row's outputs to the next row */
#define ROWS "9"       /* still to do */
#define ENTRY "10"     /* of the loop, or behind it: where the blocks of a row begin */
#define PLANE "11"
#define OUT "12"
#define ALL_ROWS "13"
#define SHIFT "14"
#define SIGN "15"
#define CHANNELS "16" /* still to do */
#define PLANE_STEP "17"
#define NEXT_PLANE_STEP "18"
#define CHANNEL "19"

#if SIGNED
/* Three cycles more for an output. */
#define SCALE_MACROS                    \
    ".macro scale sum\n"                \
    "cmp \\sum, #0\n"                   \
    "smmla \\sum, \\sum, x0, x1\n"      \
    "it lt\n"                           \
    "addlt \\sum, \\sum, x2\n"          \
    ".endm\n"                           \
    ".macro factors\n"                  \
    "recall x0, " MULTIPLIER "\n"       \
    "recall x1, " OFFSET "\n"           \
    "recall x2, " SIGN "\n"             \
    ".endm\n"
#define LOAD_CHANNEL "ldm r0!, {r3-r10}\nkeep " OFFSET ", r10\n"
#define LOAD_SIGN "ldr r11, [r0], #4\nkeep " SIGN ", r11\n"
#else
#define SCALE_MACROS                    \
    ".macro scale sum\n"                \
    "smmul \\sum, \\sum, x0\n"      \
    ".endm\n"                           \
    ".macro factors\n"                  \
    "recall x0, " MULTIPLIER "\n"       \
    ".endm\n"
#define LOAD_CHANNEL "ldm r0!, {r3-r9}\n"
#define LOAD_SIGN ""
#endif

#if SHIFTED
/* Two cycles more for an output, or little less. */
#define SHIFT_MACROS                    \
    ".macro shifts\n"                   \
    "recall x0, " SHIFT "\n"         \
    ".endm\n"                           \
    ".macro shift sum\n"                \
    "asr \\sum, \\sum, x0\n"          \
    ".endm\n"                           \
    ".macro saturate sum\n"             \
    "ssat \\sum, #8, \\sum\n"         \
    ".endm\n"
#define LOAD_SHIFT "ldr r11, [r0], #4\nkeep " SHIFT ", r11\n"
#else
#define SHIFT_MACROS                    \
    ".macro shifts\n"                   \
    ".endm\n"                           \
    ".macro shift sum\n"                \
    ".endm\n"                           \
    ".macro saturate sum\n"             \
    "ssat \\sum, #8, \\sum, asr #16\n" \
    ".endm\n"
#define LOAD_SHIFT ""
#endif

/* Blocks of 4 outputs in 64 cycles and 6 for each turn of two, 2 in 40, 1 in 25; 22 for each row, 45
 * for each channel. A word of a line holds the first two taps of one output, and in its lower half the last tap of the
 * output before. */
TG_NAKED void COMPUTE(struct tg_planes_task *task __attribute__((unused)))
{
    __asm__ volatile( /* macros only, because of the length that a string may have */
        ".syntax unified\n" TG_SLOTS_MACROS

        /* `half` of a word of w2: b for rows 0 and 2, t for row 1 */
        ".macro first sum, x, row, start\n"
        "smlad \\sum, \\x, w01_\\row, \\start\n"
        ".endm\n"
        ".macro last sum, x, row, half\n"
        "smlab\\half \\sum, \\x, w2_\\row, \\sum\n"
        ".endm\n"
        ".macro four_taps row, half, at, start0, start1, start2, start3\n"
        "ldr x0, [line, #128 * \\row + \\at]\n"
        "ldr x1, [line, #128 * \\row + \\at + 4]\n"
        "ldr x2, [line, #128 * \\row + \\at + 8]\n"
        "first sum_0, x0, \\row, \\start0\n"
        "first sum_1, x1, \\row, \\start1\n"
        "first sum_2, x2, \\row, \\start2\n"
        "last sum_0, x1, \\row, \\half\n"
        "last sum_1, x2, \\row, \\half\n"
        "ldr x0, [line, #128 * \\row + \\at + 12]\n"
        "ldr x1, [line, #128 * \\row + \\at + 16]\n"
        "first sum_3, x0, \\row, \\start3\n"
        "last sum_2, x0, \\row, \\half\n"
        "last sum_3, x1, \\row, \\half\n"
        ".endm\n"
        ".macro two row, half, start0, start1\n"
        "ldr x0, [line, #128 * \\row]\n"
        "ldr x1, [line, #128 * \\row + 4]\n"
        "ldr x2, [line, #128 * \\row + 8]\n"
        "first sum_0, x0, \\row, \\start0\n"
        "first sum_1, x1, \\row, \\start1\n"
        "last sum_0, x1, \\row, \\half\n"
        "last sum_1, x2, \\row, \\half\n"
        ".endm\n"
        ".macro one row, half, start0\n"
        "ldr x0, [line, #128 * \\row]\n"
        "ldr x1, [line, #128 * \\row + 4]\n"
        "first sum_0, x0, \\row, \\start0\n"
        "last sum_0, x1, \\row, \\half\n"
        ".endm\n"
        SCALE_MACROS SHIFT_MACROS
        ".macro store sum\n"
        "saturate \\sum\n"
        "strb \\sum, [to]\n"
        "add to, to, x2\n"
        ".endm\n"
        ".macro four at\n"
        "recall sum_3, " START "\n"
        "four_taps 0, b, \\at, sum_3, sum_3, sum_3, sum_3\n"
        "four_taps 1, t, \\at, sum_0, sum_1, sum_2, sum_3\n"
        "four_taps 2, b, \\at, sum_0, sum_1, sum_2, sum_3\n"
        "factors\n"
        "scale sum_0\n"
        "scale sum_1\n"
        "scale sum_2\n"
        "scale sum_3\n"
        "shifts\n"
        "shift sum_0\n"
        "shift sum_1\n"
        "shift sum_2\n"
        "shift sum_3\n"
        "recall x2, " COLUMN_STEP "\n"
        "store sum_0\n"
        "store sum_1\n"
        "store sum_2\n"
        "store sum_3\n"
        ".endm\n");
    __asm__ volatile(
        "push {r4-r11, lr}\n" TG_SLOTS_RESERVE
        "x0 .req r0\n x1 .req lr\n x2 .req r12\n line .req r1\n to .req r2\n"
        "w01_0 .req r3\n w01_1 .req r4\n w01_2 .req r5\n w2_0 .req r6\n w2_1 .req r6\n w2_2 .req r7\n"
        "sum_0 .req r8\n sum_1 .req r9\n sum_2 .req r10\n sum_3 .req r11\n"
        /* the task */
        "ldr r3, [r0]\n"
        "ldr r4, [r0, #4]\n"
        "ldr r5, [r0, #8]\n"
        "ldr r6, [r0, #12]\n"
        "ldr r7, [r0, #16]\n"
        "ldr r8, [r0, #20]\n"
        "ldr r9, [r0, #24]\n"
        "ldr r1, [r0, #28]\n"
        "ldr r10, [r0, #32]\n"
        "ldr r11, [r0, #36]\n"
        "ldr r12, [r0, #40]\n"
        "keep " PLANE ", r3\n"
        "keep " CHANNEL ", r4\n"
        "keep " OUT ", r5\n"
        "keep " ALL_ROWS ", r6\n"
        "keep " CHANNELS ", r8\n"
        "keep " PLANE_STEP ", r9\n"
        "keep " NEXT_PLANE_STEP ", r1\n"
        "keep " COLUMN_STEP ", r11\n"
        "mls r12, r7, r11, r12\n"
        "keep " OUT_SKIP ", r12\n"
        "and r8, r7, #3\n"
        "keep " REST ", r8\n"
        "and r8, r8, #2\n" /* columns of the rest that move the line */
        "ubfx r9, r7, #2, #1\n"
        "lsr r7, r7, #2\n" /* blocks; an odd number is begun in the loop's middle */
        "add r0, r7, r9\n"
        "lsl r0, r0, #4\n"
        "keep " TURN_BYTES ", r0\n"
        "sub r3, r3, r9, lsl #4\n"
        "keep " PLANE ", r3\n"
        "sub r10, r10, r0\n"
        "sub r10, r10, r8, lsl #2\n"
        "keep " LINE_SKIP ", r10\n"
        "adr r5, 7f\n"
        "cbnz r7, 8f\n"
        "rsb r9, r8, #6\n" /* no blocks: the rest begins with two columns, or one */
        "lsr r9, r9, #1\n"
        "8: ldrh r9, [r5, r9, lsl #1]\n"
        "sub r5, r5, r9\n"
        "keep " ENTRY ", r5\n"

        /* a channel */
        "1: recall r0, " CHANNEL "\n"
        LOAD_CHANNEL LOAD_SIGN LOAD_SHIFT
        "keep " CHANNEL ", r0\n"
        "keep " START ", r8\n"
        "keep " MULTIPLIER ", r9\n"
        "recall line, " PLANE "\n"
        "recall r10, " PLANE_STEP "\n"
        "recall r11, " NEXT_PLANE_STEP "\n"
        "keep " NEXT_PLANE_STEP ", r10\n"
        "keep " PLANE_STEP ", r11\n"
        "recall to, " OUT "\n"
        "recall r9, " ALL_ROWS "\n"
        "add r10, r10, line\n"
        "keep " PLANE ", r10\n"
        "add r10, to, #1\n"
        "keep " OUT ", r10\n"

        /* a row */
        "2: keep " ROWS ", r9\n"
        "recall r0, " TURN_BYTES "\n"
        "recall r9, " ENTRY "\n"
        "add r0, r0, line\n"
        "keep " LINE_END ", r0\n"
        "bx r9\n"
        ".balign 4\n"
        "3: four 0\n"
        "9: four 16\n"
        "add line, line, #32\n"
        "recall r0, " LINE_END "\n"
        "cmp line, r0\n"
        "bne 3b\n"
        "recall r0, " REST "\n"
        "cmp r0, #1\n"
        "blt 6f\n"
        "beq 5f\n"
        "11: recall sum_1, " START "\n"
        "two 0, b, sum_1, sum_1\n"
        "two 1, t, sum_0, sum_1\n"
        "two 2, b, sum_0, sum_1\n"
        "factors\n"
        "scale sum_0\n"
        "scale sum_1\n"
        "shifts\n"
        "shift sum_0\n"
        "shift sum_1\n"
        "recall x2, " COLUMN_STEP "\n"
        "add line, line, #8\n"
        "store sum_0\n"
        "store sum_1\n"
        "recall r0, " REST "\n"
        "lsls r0, r0, #31\n"
        "beq 6f\n"
        "5: recall sum_0, " START "\n"
        "one 0, b, sum_0\n"
        "one 1, t, sum_0\n"
        "one 2, b, sum_0\n"
        "factors\n"
        "scale sum_0\n"
        "shifts\n"
        "shift sum_0\n"
        "recall x2, " COLUMN_STEP "\n"
        "store sum_0\n"
        "6: recall r0, " LINE_SKIP "\n"
        "recall lr, " OUT_SKIP "\n"
        "recall r9, " ROWS "\n"
        "add line, line, r0\n"
        "add to, to, lr\n"
        "subs r9, r9, #1\n"
        "bne 2b\n"

        "recall r0, " CHANNELS "\n"
        "subs r0, r0, #1\n"
        "keep " CHANNELS ", r0\n"
        "bne 1b\n" TG_SLOTS_RELEASE
        "pop {r4-r11, pc}\n"

        ".balign 4\n"
        "7: .hword 7b - 3b - 1, 7b - 9b - 1, 7b - 11b - 1, 7b - 5b - 1\n"

        ".unreq x0\n .unreq x1\n .unreq x2\n .unreq line\n .unreq to\n"
        ".unreq w01_0\n .unreq w01_1\n .unreq w01_2\n .unreq w2_0\n .unreq w2_1\n .unreq w2_2\n"
        ".unreq sum_0\n .unreq sum_1\n .unreq sum_2\n .unreq sum_3\n"
        ".purgem first\n .purgem last\n .purgem four_taps\n .purgem four\n .purgem two\n .purgem one\n"
        ".purgem factors\n .purgem scale\n\n"
        ".purgem shifts\n .purgem shift\n .purgem saturate\n .purgem store\n" TG_SLOTS_END);
}

#else
#include "tg_planes_finish.h"

/* Where start, multiplier and offset are in the words of a channel. */
#define FACTORS 5

/* One output, whose first two columns are in the word `x` of the first line. */
TG_INLINE int32_t sum_of_window(const uint32_t *x, const int32_t *channel)
{
    const uint32_t *const next = x + TG_LINE_WORDS;
    const uint32_t *const last = next + TG_LINE_WORDS;
    int32_t sum = channel[FACTORS + TG_PLANES_START];

    sum = tg_smlabb(x[1], (uint32_t)channel[3], tg_smlad(x[0], (uint32_t)channel[0], sum));
    sum = tg_smlabt(next[1], (uint32_t)channel[3], tg_smlad(next[0], (uint32_t)channel[1], sum));
    return tg_smlabb(last[1], (uint32_t)channel[4], tg_smlad(last[0], (uint32_t)channel[2], sum));
}

static void compute_row(const struct tg_planes_task *task, const uint32_t *line, const int32_t *channel, int8_t *out)
{
    for (int32_t column = 0; column < task->width; column++) {
        *out = tg_planes_finish(sum_of_window(line + column, channel),
                                channel + FACTORS, SIGNED, SHIFTED);
        out += task->column_step;
    }
}

TG_KERNEL void COMPUTE(struct tg_planes_task *task)
{
    const uint32_t *plane = task->plane;

    for (int32_t c = 0; c < task->channels; c++) {
        for (int32_t y = 0; y < task->rows; y++) {
            compute_row(task, plane + y * (task->line_step / (int32_t)sizeof *plane),
                        task->channel + c * CHANNEL_WORDS, task->out + c + y * task->row_step);
        }
        plane += task->plane_steps[c & 1] / (int32_t)sizeof *plane;
    }
}

#endif

#endif
