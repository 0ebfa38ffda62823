/* Three kernels of tg_depthwise_planes.h: without offset and sign term, with them, and with a shift of every channel
 * too. The file that includes this one defines SIGNED and SHIFTED as 1 or 0, and COMPUTE as the name of the inner
 * function.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_3X3_CORE_H
#define TG_DEPTHWISE_3X3_CORE_H

#include "tg_assembly.h"
#include "tg_planes.h"

/* (w0, w1), (w1, w2) of three rows; start, multiplier; offset, sign term and shift where there are some. */
#define CHANNEL_WORDS (8 + 2 * SIGNED + SHIFTED)

void COMPUTE(struct tg_planes_task *task);

#if TG_ASSEMBLY
#include "tg_slots.h"

#define START "0"
#define MULTIPLIER "1"
#define OFFSET "2"
#define COLUMN_STEP "3"
#define TURN "4"      /* from the last output of a row to the first of the next one: row step - column step */
#define LINE_END "5"  /* behind the line's last block of two columns */
#define TURN_BYTES "6" /* of a line that all turns of the loop cover */
#define LINE_SKIP "7" /* from there to the next lines, doubled; 1 more where a single column follows */
#define OUT_SKIP "8"  /* from behind the last block's output to the next rows */
#define ROWS "9"      /* still to do */
#define ENTRY "10"    /* of the loop: where the turns that are cut short begin */
#define PLANE "11"
#define OUT "12"
#define SHIFT "15"
#define SIGN "13"
#define TO "14"
#define CHANNELS "16" /* still to do */
#define ALL_ROWS "17" /* rows - 2; or, where rows are computed one by one, -rows - 2 */
#define PLANE_STEP "18"
#define NEXT_PLANE_STEP "19"
#define CHANNEL "20"
#define BLOCK_BYTES "21" /* of a line's blocks */
#define CUT_BYTES "22"   /* of the first turn that are cut: 4 for each block */

#if SIGNED
/* Offset and sign of the sums. 12 cycles more for a block of 2 x 2. */
#define SCALE_MACROS               \
    ".macro scale sum\n"           \
    "cmp \\sum, #0\n"              \
    "smmla \\sum, \\sum, x01, x23\n" \
    "it lt\n"                      \
    "addlt \\sum, \\sum, to\n"     \
    ".endm\n"                      \
    ".macro factors\n"             \
    "keep " TO ", to\n"            \
    "recall x01, " MULTIPLIER "\n" \
    "recall x23, " OFFSET "\n"     \
    "recall to, " SIGN "\n"        \
    ".endm\n"                      \
    ".macro steps\n"               \
    "recall to, " TO "\n"          \
    "recall x01, " COLUMN_STEP "\n" \
    "recall x23, " TURN "\n"       \
    ".endm\n"
#define LOAD_CHANNEL "ldm r0!, {r3-r11}\nkeep " OFFSET ", r11\n"
#define LOAD_SIGN "ldr r12, [r0], #4\nkeep " SIGN ", r12\n"
#else
#define SCALE_MACROS               \
    ".macro scale sum\n"           \
    "smmul \\sum, \\sum, x01\n"      \
    ".endm\n"                      \
    ".macro factors\n"             \
    "recall x01, " MULTIPLIER "\n" \
    ".endm\n"                      \
    ".macro steps\n"               \
    "recall x01, " COLUMN_STEP "\n" \
    "recall x23, " TURN "\n"       \
    ".endm\n"
#define LOAD_CHANNEL "ldm r0!, {r3-r10}\n"
#define LOAD_SIGN ""
#endif

#if SHIFTED
/* Two cycles more for an output, or little less. */
#define SHIFT_MACROS                    \
    ".macro shifts\n"                   \
    "recall x01, " SHIFT "\n"        \
    ".endm\n"                           \
    ".macro shift sum\n"                \
    "asr \\sum, \\sum, x01\n"         \
    ".endm\n"                           \
    ".macro saturate sum\n"             \
    "ssat \\sum, #8, \\sum\n"         \
    ".endm\n"
#define LOAD_SHIFT "ldr r12, [r0], #4\nkeep " SHIFT ", r12\n"
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

/* Blocks of 2 x 2 outputs in 56 cycles and 6 for each turn of four; 2 x 1 outputs in 36, 1 x 2 in 38, 1 x 1 in 20; 20
 * for each two rows, 45 for each channel. A pair of words of a line serves two rows and two columns. */
TG_NAKED void COMPUTE(struct tg_planes_task *task __attribute__((unused)))
{
    __asm__ volatile( /* macros only, because of the length that a string may have */
        ".syntax unified\n" TG_SLOTS_MACROS

        /* a kernel row of the left output: x0 x1 x2; of the right one: x1 x2 x3 */
        ".macro left sum, row, start\n"
        "smlad \\sum, x01, w01_\\row, \\start\n"
        "smlabt \\sum, x23, w12_\\row, \\sum\n"
        ".endm\n"
        ".macro right sum, row, start\n"
        "smlatb \\sum, x01, w01_\\row, \\start\n"
        "smlad \\sum, x23, w12_\\row, \\sum\n"
        ".endm\n"
        SCALE_MACROS SHIFT_MACROS
        ".macro store sum\n"
        "saturate \\sum\n"
        "strb \\sum, [to]\n"
        ".endm\n"

        ".macro block at\n"
        "ldrd x01, x23, [line, #\\at]\n"
        "recall s_br, " START "\n"
        "left s_al, 0, s_br\n"
        "right s_ar, 0, s_br\n"
        "ldrd x01, x23, [line, #128 + \\at]\n"
        "left s_al, 1, s_al\n"
        "right s_ar, 1, s_ar\n"
        "left s_bl, 0, s_br\n"
        "right s_br, 0, s_br\n"
        "ldrd x01, x23, [line, #256 + \\at]\n"
        "left s_al, 2, s_al\n"
        "right s_ar, 2, s_ar\n"
        "left s_bl, 1, s_bl\n"
        "right s_br, 1, s_br\n"
        "ldrd x01, x23, [line, #384 + \\at]\n"
        "left s_bl, 2, s_bl\n"
        "right s_br, 2, s_br\n"
        "factors\n"
        "scale s_al\n"
        "scale s_ar\n"
        "scale s_bl\n"
        "scale s_br\n"
        "shifts\n"
        "shift s_al\n"
        "shift s_ar\n"
        "shift s_bl\n"
        "shift s_br\n"
        "steps\n"
        "store s_al\n"
        "add to, to, x01\n"
        "store s_ar\n"
        "add to, to, x23\n"
        "store s_bl\n"
        "add to, to, x01\n"
        "store s_br\n"
        "sub to, to, x23\n"
        ".endm\n");
    __asm__ volatile(
        "push {r4-r11, lr}\n" TG_SLOTS_RESERVE
        "x01 .req r0\n x23 .req lr\n line .req r1\n to .req r2\n"
        "w01_0 .req r3\n w12_0 .req r4\n w01_1 .req r5\n w12_1 .req r6\n w01_2 .req r7\n w12_2 .req r8\n"
        /* sums of the outputs above left, above right, below left, below right */
        "s_al .req r9\n s_ar .req r10\n s_bl .req r11\n s_br .req r12\n"
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
        "keep " CHANNELS ", r8\n"
        "keep " PLANE_STEP ", r9\n"
        "keep " NEXT_PLANE_STEP ", r1\n"
        "keep " COLUMN_STEP ", r11\n"
        "sub r0, r12, r11\n"
        "keep " TURN ", r0\n"
        "and r1, r7, #1\n"
        "lsr r0, r7, #1\n" /* blocks */
        "lsl r4, r0, #2\n"
        "keep " BLOCK_BYTES ", r4\n"
        "mul r2, r7, r11\n"
        "mls r2, r1, r11, r2\n" /* bytes of their outputs */
        "cbz r0, 0f\n"
        "cmp r10, #128\n"
        "beq 1f\n"
        "0: sub r10, r10, r4\n" /* rows one by one */
        "sub r2, r12, r2\n"
        "rsb r6, r6, #0\n"
        "movs r0, #0\n"
        "b 14f\n"
        "1: rsb r2, r2, r12, lsl #1\n"
        "rsb r0, r0, #0\n"
        "and r0, r0, #3\n" /* blocks that the first turn lacks */
        "adr r5, 15f\n"
        "ldrh r7, [r5, r0, lsl #1]\n"
        "sub r5, r5, r7\n"
        "keep " ENTRY ", r5\n"
        "lsl r0, r0, #2\n"
        "add r4, r4, r0\n"
        "keep " TURN_BYTES ", r4\n"
        "rsb r10, r4, #256\n"
        "sub r3, r3, r0\n"
        "keep " PLANE ", r3\n"
        "14: keep " CUT_BYTES ", r0\n"
        "orr r1, r1, r10, lsl #1\n"
        "keep " LINE_SKIP ", r1\n"
        "keep " OUT_SKIP ", r2\n"
        "sub r6, r6, #2\n"
        "keep " ALL_ROWS ", r6\n"

        /* a channel */
        "2: recall r0, " CHANNEL "\n"
        LOAD_CHANNEL LOAD_SIGN LOAD_SHIFT
        "keep " CHANNEL ", r0\n"
        "keep " START ", r9\n"
        "keep " MULTIPLIER ", r10\n"
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
        "cmp r9, #0\n"
        "blt 7f\n"

        /* two rows */
        "3: keep " ROWS ", r9\n"
        "recall r0, " TURN_BYTES "\n"
        "recall r9, " ENTRY "\n"
        "add lr, line, r0\n"
        "keep " LINE_END ", lr\n"
        "bx r9\n"
        ".balign 4\n"
        "4: block 0\n"
        "16: block 4\n"
        "17: block 8\n"
        "18: block 12\n"
        "recall r0, " LINE_END "\n"
        "add line, line, #16\n"
        "cmp line, r0\n"
        "bne 4b\n"
        "recall r0, " LINE_SKIP "\n"
        "lsrs r0, r0, #1\n"
        "bcc 8f\n"
        "ldrd x01, x23, [line]\n"
        "recall s_br, " START "\n"
        "left s_al, 0, s_br\n"
        "ldrd x01, x23, [line, #128]\n"
        "left s_al, 1, s_al\n"
        "left s_bl, 0, s_br\n"
        "ldrd x01, x23, [line, #256]\n"
        "left s_al, 2, s_al\n"
        "left s_bl, 1, s_bl\n"
        "ldrd x01, x23, [line, #384]\n"
        "left s_bl, 2, s_bl\n"
        "factors\n"
        "scale s_al\n"
        "scale s_bl\n"
        "shifts\n"
        "shift s_al\n"
        "shift s_bl\n"
        "steps\n"
        "store s_al\n"
        "add x01, x01, x23\n"
        "saturate s_bl\n"
        "strb s_bl, [to, x01]\n"
        "recall r0, " LINE_SKIP "\n"
        "lsr r0, r0, #1\n"
        "8: recall lr, " OUT_SKIP "\n"
        "recall r9, " ROWS "\n"
        "add line, line, r0\n"
        "add to, to, lr\n"
        "subs r9, r9, #2\n"
        "bge 3b\n"

        /* rows one by one */
        "7: adds r9, r9, #2\n"
        "beq 12f\n"
        "it mi\n"
        "rsbmi r9, r9, #0\n"
        "recall r0, " CUT_BYTES "\n"
        "add line, line, r0\n"
        "9: keep " ROWS ", r9\n"
        "recall r0, " BLOCK_BYTES "\n"
        "add lr, line, r0\n"
        "keep " LINE_END ", lr\n"
        "cmp line, lr\n"
        "beq 11f\n"
        "10: ldrd x01, x23, [line]\n"
        "recall s_br, " START "\n"
        "left s_al, 0, s_br\n"
        "right s_ar, 0, s_br\n"
        "ldrd x01, x23, [line, #128]\n"
        "left s_al, 1, s_al\n"
        "right s_ar, 1, s_ar\n"
        "ldrd x01, x23, [line, #256]\n"
        "left s_al, 2, s_al\n"
        "right s_ar, 2, s_ar\n"
        "factors\n"
        "scale s_al\n"
        "scale s_ar\n"
        "shifts\n"
        "shift s_al\n"
        "shift s_ar\n"
        "steps\n"
        "recall x23, " LINE_END "\n"
        "store s_al\n"
        "add to, to, x01\n"
        "store s_ar\n"
        "add to, to, x01\n"
        "add line, line, #4\n"
        "cmp line, x23\n"
        "bne 10b\n"
        "11: recall r0, " LINE_SKIP "\n"
        "lsrs r0, r0, #1\n"
        "bcc 13f\n"
        "ldrd x01, x23, [line]\n"
        "recall s_br, " START "\n"
        "left s_al, 0, s_br\n"
        "ldrd x01, x23, [line, #128]\n"
        "left s_al, 1, s_al\n"
        "ldrd x01, x23, [line, #256]\n"
        "left s_al, 2, s_al\n"
        "factors\n"
        "scale s_al\n"
        "shifts\n"
        "shift s_al\n"
        "steps\n"
        "store s_al\n"
        "recall r0, " LINE_SKIP "\n"
        "lsr r0, r0, #1\n"
        "13: recall lr, " OUT_SKIP "\n"
        "recall r9, " ROWS "\n"
        "add line, line, r0\n"
        "add to, to, lr\n"
        "subs r9, r9, #1\n"
        "bne 9b\n"

        "12: recall r0, " CHANNELS "\n"
        "subs r0, r0, #1\n"
        "keep " CHANNELS ", r0\n"
        "bne 2b\n" TG_SLOTS_RELEASE
        "pop {r4-r11, pc}\n"

        ".balign 4\n"
        "15: .hword 15b - 4b - 1, 15b - 16b - 1, 15b - 17b - 1, 15b - 18b - 1\n"

        ".unreq x01\n .unreq x23\n .unreq line\n .unreq to\n"
        ".unreq w01_0\n .unreq w12_0\n .unreq w01_1\n .unreq w12_1\n .unreq w01_2\n .unreq w12_2\n"
        ".unreq s_al\n .unreq s_ar\n .unreq s_bl\n .unreq s_br\n"
        ".purgem left\n .purgem right\n .purgem scale\n\n"
        ".purgem shifts\n .purgem shift\n .purgem saturate\n .purgem factors\n .purgem steps\n .purgem store\n .purgem block\n" TG_SLOTS_END);
}

#else
#include "tg_planes_finish.h"

/* Where start, multiplier and offset are in the words of a channel. */
#define FACTORS 6

/* One kernel row of output `column`; `x` is where its two words begin for an even column. */
TG_INLINE int32_t taps(const uint32_t *x, const int32_t *weights, int32_t is_odd, int32_t sum)
{
    const uint32_t w01 = (uint32_t)weights[0];
    const uint32_t w12 = (uint32_t)weights[1];

    return is_odd ? tg_smlad(x[1], w12, tg_smlatb(x[0], w01, sum)) : tg_smlabt(x[1], w12, tg_smlad(x[0], w01, sum));
}

static void compute_row(const struct tg_planes_task *task, const uint32_t *line, const int32_t *channel, int8_t *out)
{
    for (int32_t column = 0; column < task->width; column++) {
        const uint32_t *x = line + column / 2;
        int32_t sum = channel[FACTORS + TG_PLANES_START];

        for (int32_t row = 0; row < 3; row++) {
            sum = taps(x + row * TG_LINE_WORDS, channel + 2 * row, column & 1, sum);
        }
        out[column * task->column_step] = tg_planes_finish(sum, channel + FACTORS, SIGNED, SHIFTED);
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
