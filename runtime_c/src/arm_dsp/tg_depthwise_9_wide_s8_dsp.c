/* See tg_depthwise_planes.h: windows side by side.
 *
 * SPDX-License-Identifier: MIT-0 */
#define STEP_WORDS 2 /* taps of even outputs, then of odd ones */
#define FOUR_WINDOWS 8
#include "tg_depthwise_9_wide_core.h"

/* Of a kernel row: a window may begin in the middle of a word. */
static int32_t steps_of(const struct tg_window *w)
{
    return ((w->kernel_width - 1) * w->dilation_width + 3) >> 1;
}

#if TG_ASSEMBLY

/* 8 cycles for a step. */
#define STEPS \
    ".macro tg_wide_step now, next, i\n" \
    "ldr \\next, [x, #4 * \\i + 4]\n" \
    "ldr tap, [w, #8 * \\i]\n" \
    "ldr x2, [w, #8 * \\i + 4]\n" \
    "smlad sum0, \\now, tap, sum0\n" \
    "smlad sum1, \\now, x2, sum1\n" \
    "smlad sum2, \\next, tap, sum2\n" \
    "smlad sum3, \\next, x2, sum3\n" \
    ".endm\n" \
    ".macro tg_wide_steps n\n" \
    "ldr x0, [x]\n" \
    "tg_wide_step x0, x1, 0\n" \
    ".if \\n > 1\n tg_wide_step x1, x0, 1\n .endif\n" \
    ".if \\n > 2\n tg_wide_step x0, x1, 2\n .endif\n" \
    ".if \\n > 3\n tg_wide_step x1, x0, 3\n .endif\n" \
    ".if \\n > 4\n tg_wide_step x0, x1, 4\n .endif\n" \
    ".endm\n"

static TG_NAKED void compute_planes(struct tg_planes_task *task __attribute__((unused)))
{
    __asm__ volatile(TG_WIDE_FUNCTION(STEPS) ".purgem tg_wide_step\n");
}

#else

/* One step of one output's sum. */
TG_INLINE int32_t add_step(const uint32_t *line, const int32_t *taps, int32_t column, int32_t step, int32_t sum)
{
    return tg_smlad(line[column / 2 + step], (uint32_t)taps[column % 2], sum);
}

#endif

static void compute(struct tg_planes_task *task)
{
    task->pairs = steps_of(&task->layer->window);
    compute_planes(task);
}

static int32_t channel_words(const struct tg_window *w)
{
    return w->kernel_height * steps_of(w) * STEP_WORDS + FACTOR_WORDS;
}

TG_KERNEL void tg_depthwise_9_wide_s8_dsp(const struct tg_depthwise_planes *layer, const int8_t *in, int8_t *out,
                                          void *scratch)
{
    const struct tg_planes_rows rows = {in, out, NULL, NULL, layer->window.out_height};

    tg_planes_run_dsp(layer, &rows, scratch, channel_words(&layer->window), compute);
}

TG_KERNEL void tg_depthwise_9_wide_s8_dsp_rows(const struct tg_depthwise_planes *layer, const int8_t *const *rows,
                                               int8_t *const *out, int32_t row_count, void *scratch)
{
    const struct tg_planes_rows all = {NULL, NULL, rows, out, row_count};

    tg_planes_run_dsp(layer, &all, scratch, channel_words(&layer->window), compute);
}
