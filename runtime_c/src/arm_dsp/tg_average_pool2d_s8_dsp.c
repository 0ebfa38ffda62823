/* Average pooling for the DSP extension. See tg_pool2d.h.
 *
 * With n cells and their sum s the mean, rounded half away from zero, is floor((2 * s + n - [s < 0]) / (2 * n)): where
 * n is odd, so is 2 * s + n, and taking one off an odd number does not change its quotient. With 256 * n more, t >= 0,
 * and with M = floor((2^32 - 1) / (2 * n))
 *
 *   floor(t / (2 * n)) = floor((t + 1) * M / 2^32)
 *
 * because t < 512 * n, and for n <= 256 cells (t + 1) * M / 2^32 lies below (t + 1) / (2 * n) by no more than
 * (t + 1) / 2^32 < 1 / (2 * n).
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_cell_sums.h"
#include "tg_pool2d_quads.h"

static void compute_means(struct tg_pool_task *task);

#if TG_ASSEMBLY

/* Four channels: 41 cycles for finishing. */
static TG_NAKED void compute_means(struct tg_pool_task *task __attribute__((unused)))
{
    __asm__ volatile(
        ".macro tg_combine word\n"
        "sxtab16 all0, all0, \\word\n"
        "sxtab16 all1, all1, \\word, ror #8\n"
        ".endm\n"
        ".macro tg_mean sum, shift, i\n"
        ".if \\shift\n asr x3, \\sum, #16\n .else\n sxth x3, \\sum\n .endif\n"
        "add cells, x1, x3, lsl #1\n"
        "add cells, cells, x3, asr #31\n"
        "umull x3, cells, cells, x2\n"
        "sub cells, cells, #128\n"
        "strb cells, [out, #\\i]\n"
        ".endm\n"
        TG_POOL_FUNCTION("mov all0, #0\n mov all1, #0\n",
            "ldr x1, [r0, #28]\n"
            "ldr x2, [r0, #32]\n"
            "tg_mean all0, 0, 0\n"
            "tg_mean all1, 0, 1\n"
            "tg_mean all0, 1, 2\n"
            "tg_mean all1, 1, 3\n")
        ".purgem tg_combine\n .purgem tg_mean\n");
}

#else

TG_INLINE int8_t finished(const struct tg_pool_task *task, uint32_t half)
{
    const int32_t sum = (int16_t)(half & 0xFFFFu);
    const uint32_t t = task->start + ((uint32_t)sum << 1) + (uint32_t)(sum >> 31);

    return (int8_t)((int32_t)((uint64_t)t * task->factor >> 32) - 128);
}

static void four_means(const struct tg_pool_task *task, int32_t channel)
{
    int8_t *const out = task->out + channel;
    uint32_t even = 0;
    uint32_t odd = 0;

    for (const int8_t *const *row = task->rows; row != task->rows_end; row++) {
        for (int32_t i = 0; i < task->width; i++) {
            const uint32_t four = tg_load_quad(*row + task->at + channel + i * task->step);

            even = tg_sxtab16(even, four);
            odd = tg_sxtab16_ror8(odd, four);
        }
    }
    out[0] = finished(task, even);
    out[1] = finished(task, odd);
    out[2] = finished(task, even >> 16);
    out[3] = finished(task, odd >> 16);
}

static void compute_means(struct tg_pool_task *task)
{
    tg_pool_compute_in_c(task, four_means);
}

#endif

static void compute(struct tg_pool_task *task)
{
    const uint32_t count = (uint32_t)(task->width * (int32_t)(task->rows_end - task->rows));

    task->start = 257u * count + 1u;
    task->factor = 0xFFFFFFFFu / (2u * count);
    compute_means(task);
}

/* Any window. */
static TG_NOINLINE void one_output(const struct tg_pool2d *layer, const struct tg_cells *all, int8_t *out)
{
    const struct tg_cells cells = tg_pool_joined(all);
    int32_t count = 0;

    if (layer->channels < TG_POOL_QUAD) {
        tg_pool_one(layer, all, out, TG_AVERAGE);
        return;
    }
    for (int32_t c = 0; c < layer->channels; c += TG_POOL_QUAD) {
        const int32_t channel = c + TG_POOL_QUAD <= layer->channels ? c : layer->channels - TG_POOL_QUAD;
        int32_t sums[TG_POOL_QUAD] = {0, 0, 0, 0};

        count = 0;
        for (int32_t i = 0; i < cells.row_count; i++) {
            const int8_t *x = tg_pool_row(&cells, i, channel);

            if (x != NULL) {
                tg_cell_sums_dsp(sums, x, cells.width, cells.step);
                count += cells.width;
            }
        }
        for (int32_t i = 0; i < TG_POOL_QUAD; i++) {
            out[channel + i] = tg_pool_finish(layer, sums[i], count, TG_AVERAGE);
        }
    }
}

TG_KERNEL void tg_average_pool2d_s8_dsp_rows(const struct tg_pool2d *layer, const int8_t *const *rows,
                                             int8_t *const *out, int32_t row_count)
{
    if (tg_pool_has_tasks(layer, 0)) {
        tg_pool_row_tasks(layer, rows, out, row_count, compute);
    } else {
        tg_pool2d_some_rows(layer, rows, out, row_count, one_output);
    }
}

TG_KERNEL void tg_average_pool2d_s8_dsp(const struct tg_pool2d *layer, const int8_t *in, int8_t *out)
{
    if (tg_pool_has_tasks(layer, 1)) {
        tg_pool_whole_tasks(layer, in, out, compute);
    } else {
        tg_pool2d_whole(layer, in, out, one_output);
    }
}
