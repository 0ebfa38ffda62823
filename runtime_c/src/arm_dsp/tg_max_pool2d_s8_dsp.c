/* Maximum pooling for the DSP extension. See tg_pool2d.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_pool2d_quads.h"

static void compute(struct tg_pool_task *task);

#if TG_ASSEMBLY

static TG_NAKED void compute(struct tg_pool_task *task __attribute__((unused)))
{
    __asm__ volatile(
        ".macro tg_combine word\n"
        "ssub8 all1, all0, \\word\n"
        "sel all0, all0, \\word\n"
        ".endm\n"
        TG_POOL_FUNCTION("mov all0, #0x80808080\n", "str all0, [out]\n")
        ".purgem tg_combine\n");
}

#else

static void four_maxima(const struct tg_pool_task *task, int32_t channel)
{
    uint32_t most = 0x80808080u;

    for (const int8_t *const *row = task->rows; row != task->rows_end; row++) {
        for (int32_t i = 0; i < task->width; i++) {
            most = tg_smax8(most, tg_load_quad(*row + task->at + channel + i * task->step));
        }
    }
    memcpy(task->out + channel, &most, sizeof most);
}

static void compute(struct tg_pool_task *task)
{
    tg_pool_compute_in_c(task, four_maxima);
}

#endif

/* Any window. */
static TG_NOINLINE void one_output(const struct tg_pool2d *layer, const struct tg_cells *cells, int8_t *out)
{
    tg_pool_one(layer, cells, out, TG_MAXIMUM);
}

TG_KERNEL void tg_max_pool2d_s8_dsp_rows(const struct tg_pool2d *layer, const int8_t *const *rows,
                                         int8_t *const *out, int32_t row_count)
{
    if (tg_pool_has_tasks(layer, 0)) {
        tg_pool_row_tasks(layer, rows, out, row_count, compute);
    } else {
        tg_pool2d_some_rows(layer, rows, out, row_count, one_output);
    }
}

TG_KERNEL void tg_max_pool2d_s8_dsp(const struct tg_pool2d *layer, const int8_t *in, int8_t *out)
{
    if (tg_pool_has_tasks(layer, 1)) {
        tg_pool_whole_tasks(layer, in, out, compute);
    } else {
        tg_pool2d_whole(layer, in, out, one_output);
    }
}
