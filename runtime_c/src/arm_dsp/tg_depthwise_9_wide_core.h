/* The inner function of depthwise kernels whose windows are up to 9 columns wide: loops over channels, rows and fours of
 * outputs. See tg_depthwise_planes.h. The file that includes this says what a kernel row is:
 *
 *   FOUR_WINDOWS      bytes of a line from four outputs to the next four
 *   STEP_WORDS        words of taps in a step, which is two columns
 *   tg_wide_steps n   in assembly a macro: adds n steps, 1 to 5, from the words at x and the taps at w to sum0 .. sum3
 *   add_step(..)      in C: adds one step to the sum of one output
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_9_WIDE_CORE_H
#define TG_DEPTHWISE_9_WIDE_CORE_H

#include "tg_assembly.h"
#include "tg_planes.h"

/* Words behind the taps: start, multiplier, offset, sign, shift. */
#define FACTOR_WORDS 5

#if TG_ASSEMBLY
#include "tg_slots.h"

#define TEXT(number) TEXT_OF(number)
#define TEXT_OF(number) #number

#define WINDOW "0" /* of the next four outputs */
#define TAPS "1"
#define START "2"
#define OUT "3"
#define LEFT "4" /* outputs of the row */
#define COLUMN_STEP "5"
#define ROWS "6"
#define PLANE "7"
#define ROW "8"  /* first output of the row */
#define LINE "9" /* its first window */
#define CHANNELS "10"
#define CHANNEL_OUT "11"
#define TASK "12"
#define PLANE_STEP "13"
#define NEXT_PLANE_STEP "14"
#define TAPS_BYTES "15"

#define REGISTERS \
    "x .req r0\n w .req r1\n x0 .req r2\n x1 .req r3\n tap .req r4\n x2 .req r5\n" \
    "sum0 .req r6\n sum1 .req r7\n sum2 .req r8\n sum3 .req r9\n" \
    "end .req r10\n line .req r11\n x3 .req r12\n way .req lr\n"

#define NO_REGISTERS \
    ".unreq x\n .unreq w\n .unreq x0\n .unreq x1\n .unreq tap\n .unreq x2\n" \
    ".unreq sum0\n .unreq sum1\n .unreq sum2\n .unreq sum3\n" \
    ".unreq end\n .unreq line\n .unreq x3\n .unreq way\n"

/* The whole function but for the steps: 7 cycles for each kernel row and 60 for the rest of four outputs. What is
 * computed beyond the end of a row is not stored. */
#define TG_WIDE_FUNCTION(steps_macro) \
    ".syntax unified\n" TG_SLOTS_MACROS steps_macro REGISTERS \
    ".macro finish sum\n" \
    "and tap, x2, \\sum, asr #31\n" /* the sign term */ \
    "smmla \\sum, \\sum, x0, x1\n" \
    "add \\sum, \\sum, tap\n" \
    "asr \\sum, \\sum, x3\n" \
    "ssat \\sum, #8, \\sum\n" \
    ".endm\n" \
    ".macro kernel_rows n\n" \
    ".balign 4\n" \
    "1\\n: tg_wide_steps \\n\n" \
    "add x, x, line\n" \
    "adds w, w, #4 * " TEXT(STEP_WORDS) " * \\n\n" \
    "cmp w, end\n" \
    "bne 1\\n\\()b\n" \
    ".if \\n - 3\n" /* the last of them */ \
    "b 6f\n" \
    ".endif\n" \
    ".endm\n" \
    "push {r4-r11, lr}\n" TG_SLOTS_RESERVE \
    /* the task */ \
    "keep " TASK ", r0\n" \
    "ldr r4, [r0]\n" \
    "ldr r5, [r0, #4]\n" \
    "ldr r6, [r0, #8]\n" \
    "ldr r7, [r0, #20]\n" \
    "ldr r8, [r0, #36]\n" \
    "ldr r9, [r0, #24]\n" \
    "ldr r12, [r0, #28]\n" \
    "ldr r2, [r0, #48]\n" /* steps */ \
    "ldr r3, [r0, #52]\n" \
    "ldr line, [r0, #56]\n" \
    "keep " PLANE_STEP ", r9\n" \
    "keep " NEXT_PLANE_STEP ", r12\n" \
    "keep " PLANE ", r4\n" \
    "keep " TAPS ", r5\n" \
    "keep " CHANNEL_OUT ", r6\n" \
    "keep " CHANNELS ", r7\n" \
    "keep " COLUMN_STEP ", r8\n" \
    "mul r3, r3, r2\n" \
    "mov r8, #4 * " TEXT(STEP_WORDS) "\n" \
    "mul r3, r3, r8\n" \
    "keep " TAPS_BYTES ", r3\n" \
    /* where the kernel rows of so many steps are computed */ \
    "adr way, 11f\n" \
    "cmp r2, #2\n" \
    "it eq\n" \
    "adreq way, 12f\n" \
    "cmp r2, #3\n" \
    "it eq\n" \
    "adreq way, 13f\n" \
    "cmp r2, #4\n" \
    "it eq\n" \
    "adreq way, 14f\n" \
    "cmp r2, #5\n" \
    "it eq\n" \
    "adreq way, 15f\n" \
    "add way, way, #1\n" \
    /* a channel */ \
    "1: recall r0, " TASK "\n" \
    "ldr r4, [r0, #12]\n" \
    "keep " ROWS ", r4\n" \
    "recall r6, " TAPS_BYTES "\n" \
    "recall r7, " TAPS "\n" \
    "add end, r6, r7\n" \
    "ldr r4, [end]\n" \
    "keep " START ", r4\n" \
    "recall r4, " PLANE "\n" \
    "keep " LINE ", r4\n" \
    "recall r4, " CHANNEL_OUT "\n" \
    "keep " ROW ", r4\n" \
    /* an output row */ \
    "2: recall r0, " TASK "\n" \
    "ldr r4, [r0, #16]\n" \
    "keep " LEFT ", r4\n" \
    "recall r4, " LINE "\n" \
    "keep " WINDOW ", r4\n" \
    "recall r4, " ROW "\n" \
    "keep " OUT ", r4\n" \
    /* four outputs */ \
    "3: recall sum0, " START "\n" \
    "recall x, " WINDOW "\n" \
    "recall w, " TAPS "\n" \
    "mov sum1, sum0\n" \
    "mov sum2, sum0\n" \
    "mov sum3, sum0\n" \
    "bx way\n" \
    "kernel_rows 1\n" \
    "kernel_rows 2\n" \
    "kernel_rows 4\n" \
    "kernel_rows 5\n" \
    "kernel_rows 3\n" \
    "6: ldr x0, [w, #4]\n" \
    "ldr x1, [w, #8]\n" \
    "ldr x2, [w, #12]\n" \
    "ldr x3, [w, #16]\n" \
    "finish sum0\n" \
    "finish sum1\n" \
    "finish sum2\n" \
    "finish sum3\n" \
    "recall w, " OUT "\n" \
    "recall x0, " COLUMN_STEP "\n" \
    "recall x1, " LEFT "\n" \
    "recall x, " WINDOW "\n" \
    "strb sum0, [w]\n" \
    "add w, w, x0\n" \
    "cmp x1, #2\n" \
    "blt 4f\n" \
    "strb sum1, [w]\n" \
    "add w, w, x0\n" \
    "cmp x1, #3\n" \
    "blt 4f\n" \
    "strb sum2, [w]\n" \
    "add w, w, x0\n" \
    "subs x1, x1, #4\n" \
    "blt 4f\n" \
    "strb sum3, [w]\n" \
    "add w, w, x0\n" \
    "keep " OUT ", w\n" \
    "add x, x, #" TEXT(FOUR_WINDOWS) "\n" \
    "keep " WINDOW ", x\n" \
    "keep " LEFT ", x1\n" \
    "bne 3b\n" \
    "4: recall r0, " TASK "\n" \
    "ldr r4, [r0, #32]\n" \
    "ldr r5, [r0, #40]\n" \
    "recall r6, " LINE "\n" \
    "recall r7, " ROW "\n" \
    "add r6, r6, r4\n" \
    "add r7, r7, r5\n" \
    "keep " LINE ", r6\n" \
    "keep " ROW ", r7\n" \
    "recall r4, " ROWS "\n" \
    "subs r4, r4, #1\n" \
    "keep " ROWS ", r4\n" \
    "bne 2b\n" \
    "recall r4, " PLANE_STEP "\n" \
    "recall r6, " NEXT_PLANE_STEP "\n" \
    "recall r5, " PLANE "\n" \
    "keep " PLANE_STEP ", r6\n" \
    "keep " NEXT_PLANE_STEP ", r4\n" \
    "add r4, r4, r5\n" \
    "keep " PLANE ", r4\n" \
    "recall r4, " CHANNEL_OUT "\n" \
    "add r4, r4, #1\n" \
    "keep " CHANNEL_OUT ", r4\n" \
    "add r4, end, #20\n" \
    "keep " TAPS ", r4\n" \
    "recall r4, " CHANNELS "\n" \
    "subs r4, r4, #1\n" \
    "keep " CHANNELS ", r4\n" \
    "bne 1b\n" TG_SLOTS_RELEASE \
    "pop {r4-r11, pc}\n" \
    ".purgem finish\n .purgem kernel_rows\n .purgem tg_wide_steps\n" NO_REGISTERS TG_SLOTS_END

#else
#include "tg_simd.h"

TG_INLINE int32_t add_step(const uint32_t *line, const int32_t *taps, int32_t column, int32_t step, int32_t sum);

static int8_t one_output(const struct tg_planes_task *task, const uint32_t *line, const int32_t *taps, int32_t column)
{
    const int32_t steps = task->pairs;
    int32_t sum = taps[task->kernel_height * steps * STEP_WORDS]; /* behind the taps */

    for (int32_t row = 0; row < task->kernel_height; row++) {
        for (int32_t i = 0; i < steps; i++) {
            sum = add_step(line, taps, column, i, sum);
            taps += STEP_WORDS;
        }
        line += task->tap_line_step / (int32_t)sizeof *line;
    }
    sum = tg_smmla(sum, taps[1], taps[2]) + (sum < 0 ? taps[3] : 0);
    return (int8_t)tg_ssat8(sum >> taps[4]);
}

static void compute_planes(const struct tg_planes_task *task)
{
    const int32_t *taps = task->channel;
    const uint32_t *plane = task->plane;

    for (int32_t c = 0; c < task->channels; c++) {
        const uint32_t *line = plane;

        for (int32_t y = 0; y < task->rows; y++) {
            for (int32_t column = 0; column < task->width; column++) {
                task->out[c + y * task->row_step + column * task->column_step] =
                    one_output(task, line, taps, column);
            }
            line += task->line_step / (int32_t)sizeof *line;
        }
        plane += task->plane_steps[c & 1] / (int32_t)sizeof *plane;
        taps += task->kernel_height * task->pairs * STEP_WORDS + FACTOR_WORDS;
    }
}
#endif

#endif
