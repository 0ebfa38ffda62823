/* See tg_depthwise_planes.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_any_s8_dsp.h"
#include "tg_assembly.h"

#if TG_ASSEMBLY
#include "tg_slots.h"

#define WINDOW "0" /* of the next four outputs */
#define TAPS "1"
#define FACTORS "2"
#define ROW_BYTES "3" /* of the taps of a kernel row */
#define LINE_SKIP "4" /* from the end of a kernel row to the next one */
#define OUT "5"
#define LEFT "6" /* outputs of the row */
#define COLUMN_STEP "7"
#define ROWS "8"
#define PLANE "9"
#define ROW "10"     /* first output of the row */
#define LINE "11"    /* its first window */
#define CHANNELS "12"
#define CHANNEL_OUT "13"
#define TASK "14"
#define FOUR_WINDOWS "15"
#define PLANE_STEP "16"
#define NEXT_PLANE_STEP "17"

/* Four outputs: 15 cycles for each pair of taps, which are 8 products; 8 for each kernel row, 55 for the rest. Windows
 * may begin between two words. What is computed beyond the end of a row is not stored. */
TG_NAKED void tg_depthwise_any_compute_dsp(struct tg_planes_task *task __attribute__((unused)))
{
    __asm__ volatile(
        ".syntax unified\n" TG_SLOTS_MACROS
        "push {r4-r11, lr}\n" TG_SLOTS_RESERVE
        "x .req r0\n w .req r1\n step .req r2\n step3 .req r3\n"
        "sum0 .req r4\n sum1 .req r5\n sum2 .req r6\n sum3 .req r7\n"
        "x0 .req r8\n x1 .req r9\n x2 .req r10\n x3 .req r11\n tap .req r12\n end .req lr\n"

        ".macro finish sum\n"
        "and tap, x2, \\sum, asr #31\n" /* the sign term */
        "smmla \\sum, \\sum, x0, x1\n"
        "add \\sum, \\sum, tap\n"
        "asr \\sum, \\sum, x3\n"
        "ssat \\sum, #8, \\sum\n"
        ".endm\n"

        /* the task */
        "keep " TASK ", r0\n"
        "ldr r4, [r0]\n"
        "ldr r5, [r0, #4]\n"
        "ldr r6, [r0, #8]\n"
        "ldr r7, [r0, #20]\n"
        "ldr r8, [r0, #36]\n"
        "ldr r2, [r0, #44]\n"
        "ldr r9, [r0, #24]\n"
        "ldr r12, [r0, #28]\n"
        "ldr r10, [r0, #48]\n"
        "ldr r11, [r0, #56]\n"
        "keep " PLANE_STEP ", r9\n"
        "keep " NEXT_PLANE_STEP ", r12\n"
        "keep " PLANE ", r4\n"
        "keep " TAPS ", r5\n"
        "keep " CHANNEL_OUT ", r6\n"
        "keep " CHANNELS ", r7\n"
        "keep " COLUMN_STEP ", r8\n"
        "add step3, step, step, lsl #1\n"
        "lsl r9, step, #2\n"
        "keep " FOUR_WINDOWS ", r9\n"
        "lsl r10, r10, #2\n"
        "keep " ROW_BYTES ", r10\n"
        "sub r11, r11, r10\n"
        "keep " LINE_SKIP ", r11\n"

        /* a channel */
        "1: recall r0, " TASK "\n"
        "ldr r4, [r0, #12]\n"
        "ldr r5, [r0, #52]\n"
        "keep " ROWS ", r4\n"
        "recall r6, " ROW_BYTES "\n"
        "recall r7, " TAPS "\n"
        "mla r5, r5, r6, r7\n"
        "keep " FACTORS ", r5\n"
        "recall r4, " PLANE "\n"
        "keep " LINE ", r4\n"
        "recall r4, " CHANNEL_OUT "\n"
        "keep " ROW ", r4\n"

        /* an output row */
        "2: recall r0, " TASK "\n"
        "ldr r4, [r0, #16]\n"
        "keep " LEFT ", r4\n"
        "recall r4, " LINE "\n"
        "keep " WINDOW ", r4\n"
        "recall r4, " ROW "\n"
        "keep " OUT ", r4\n"

        /* four outputs */
        "3: recall x0, " FACTORS "\n"
        "recall x, " WINDOW "\n"
        "recall w, " TAPS "\n"
        "ldr sum0, [x0]\n"
        "mov sum1, sum0\n"
        "mov sum2, sum0\n"
        "mov sum3, sum0\n"
        "4: recall end, " ROW_BYTES "\n"
        "add end, end, w\n"
        ".balign 4\n"
        "5: ldr tap, [w], #4\n"
        "ldr x0, [x]\n"
        "ldr x1, [x, step]\n"
        "ldr x2, [x, step, lsl #1]\n"
        "ldr x3, [x, step3]\n"
        "cmp w, end\n"
        "add x, x, #4\n"
        "smlad sum0, x0, tap, sum0\n"
        "smlad sum1, x1, tap, sum1\n"
        "smlad sum2, x2, tap, sum2\n"
        "smlad sum3, x3, tap, sum3\n"
        "bne 5b\n"
        "recall x0, " LINE_SKIP "\n"
        "recall x1, " FACTORS "\n"
        "add x, x, x0\n"
        "cmp w, x1\n"
        "bne 4b\n"
        "ldr x0, [w, #4]\n"
        "ldr x1, [w, #8]\n"
        "ldr x2, [w, #12]\n"
        "ldr x3, [w, #16]\n"
        "finish sum0\n"
        "finish sum1\n"
        "finish sum2\n"
        "finish sum3\n"
        "recall w, " OUT "\n"
        "recall x0, " COLUMN_STEP "\n"
        "recall end, " LEFT "\n"
        "recall x, " WINDOW "\n"
        "recall x1, " FOUR_WINDOWS "\n"
        "strb sum0, [w]\n"
        "add w, w, x0\n"
        "cmp end, #2\n"
        "blt 6f\n"
        "strb sum1, [w]\n"
        "add w, w, x0\n"
        "cmp end, #3\n"
        "blt 6f\n"
        "strb sum2, [w]\n"
        "add w, w, x0\n"
        "subs end, end, #4\n"
        "blt 6f\n"
        "strb sum3, [w]\n"
        "add w, w, x0\n"
        "keep " OUT ", w\n"
        "add x, x, x1\n"
        "keep " WINDOW ", x\n"
        "keep " LEFT ", end\n"
        "bne 3b\n"

        "6: recall r0, " TASK "\n"
        "ldr r4, [r0, #32]\n"
        "ldr r5, [r0, #40]\n"
        "recall r6, " LINE "\n"
        "recall r7, " ROW "\n"
        "add r6, r6, r4\n"
        "add r7, r7, r5\n"
        "keep " LINE ", r6\n"
        "keep " ROW ", r7\n"
        "recall r4, " ROWS "\n"
        "subs r4, r4, #1\n"
        "keep " ROWS ", r4\n"
        "bne 2b\n"
        "recall r4, " PLANE_STEP "\n"
        "recall r6, " NEXT_PLANE_STEP "\n"
        "recall r5, " PLANE "\n"
        "keep " PLANE_STEP ", r6\n"
        "keep " NEXT_PLANE_STEP ", r4\n"
        "add r4, r4, r5\n"
        "keep " PLANE ", r4\n"
        "recall r4, " CHANNEL_OUT "\n"
        "add r4, r4, #1\n"
        "keep " CHANNEL_OUT ", r4\n"
        "recall r4, " FACTORS "\n"
        "add r4, r4, #20\n"
        "keep " TAPS ", r4\n"
        "recall r4, " CHANNELS "\n"
        "subs r4, r4, #1\n"
        "keep " CHANNELS ", r4\n"
        "bne 1b\n" TG_SLOTS_RELEASE
        "pop {r4-r11, pc}\n"

        ".unreq x\n .unreq w\n .unreq step\n .unreq step3\n .unreq x0\n .unreq x1\n .unreq x2\n .unreq x3\n"
        ".unreq sum0\n .unreq sum1\n .unreq sum2\n .unreq sum3\n .unreq tap\n .unreq end\n"
        ".purgem finish\n" TG_SLOTS_END);
}

#else
#include "tg_simd.h"

/* The word that begins `bytes` behind `line`: it may lie across two words. */
TG_INLINE uint32_t word_at(const uint32_t *line, int32_t bytes)
{
    return tg_load_quad((const int8_t *)line + bytes);
}

static int8_t one_output(const struct tg_planes_task *task, const uint32_t *line, const int32_t *taps, int32_t column)
{
    const int32_t *const factors = taps + task->kernel_height * task->pairs;
    int32_t sum = factors[0];

    for (int32_t row = 0; row < task->kernel_height; row++) {
        for (int32_t i = 0; i < task->pairs; i++) {
            const int32_t at = row * task->tap_line_step + column * task->window_step + i * 4;

            sum = tg_smlad(word_at(line, at), (uint32_t)taps[row * task->pairs + i], sum);
        }
    }
    sum = tg_smmla(sum, factors[1], factors[2]) + (sum < 0 ? factors[3] : 0);
    return (int8_t)tg_ssat8(sum >> factors[4]);
}

TG_KERNEL void tg_depthwise_any_compute_dsp(struct tg_planes_task *task)
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
        taps += task->kernel_height * task->pairs + TG_ANY_FACTOR_WORDS;
    }
}

#endif

static int32_t channel_words(const struct tg_window *w)
{
    return w->kernel_height * (((w->kernel_width - 1) * w->dilation_width + 2) / 2) + TG_ANY_FACTOR_WORDS;
}

TG_KERNEL void tg_depthwise_any_s8_dsp(const struct tg_depthwise_planes *layer, const int8_t *in, int8_t *out,
                                       void *scratch)
{
    const struct tg_planes_rows rows = {in, out, NULL, NULL, layer->window.out_height};

    tg_planes_run_dsp(layer, &rows, scratch, channel_words(&layer->window), tg_depthwise_any_compute_dsp);
}

TG_KERNEL void tg_depthwise_any_s8_dsp_rows(const struct tg_depthwise_planes *layer, const int8_t *const *rows,
                                            int8_t *const *out, int32_t row_count, void *scratch)
{
    const struct tg_planes_rows all = {NULL, NULL, rows, out, row_count};

    tg_planes_run_dsp(layer, &all, scratch, channel_words(&layer->window), tg_depthwise_any_compute_dsp);
}
