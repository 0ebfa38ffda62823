/* See tg_conv2d_3_wide_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_3_wide_stride2_s8_dsp.h"

#if TG_ASSEMBLY

/* For each pair and block 184 cycles for each part of a kernel row, which are 192 products, and about 90 more. */
TG_NAKED void tg_conv2d_3_wide_stride2_run_dsp(struct tg_pair_task *task TG_PAIR_ARGUMENT)
{
    __asm__ volatile(
        TG_3_WIDE_ENTER
        ".irp i, 0,1,2,3\n"
        /* columns 0 and 2, 2 and 4, 1 and 3 */
        "ldr pa, [x, #4 * \\i]\n"
        "ldr pb, [x, #4 * \\i + 32]\n"
        "ldr ab, [w, #24 * \\i]\n"
        "ldr cd, [w, #24 * \\i + 4]\n"
        "tg_products pa, pb\n"
        "ldr pa, [x, #4 * \\i + 64]\n"
        "ldr ab, [w, #24 * \\i + 8]\n"
        "ldr cd, [w, #24 * \\i + 12]\n"
        "tg_products pb, pa\n"
        "ldr pa, [x, #4 * \\i + 16]\n"
        "ldr pb, [x, #4 * \\i + 48]\n"
        "ldr ab, [w, #24 * \\i + 16]\n"
        "ldr cd, [w, #24 * \\i + 20]\n"
        "tg_products pa, pb\n"
        ".endr\n"
        TG_3_WIDE_LEAVE);
}

#else

TG_KERNEL void tg_conv2d_3_wide_stride2_run_dsp(struct tg_pair_task *task)
{
    static const int8_t order[TG_3_WIDE_COLUMNS] = {0, 2, 1};

    tg_3_wide_run(task, 2, order);
}

#endif

TG_KERNEL void tg_conv2d_3_wide_stride2_s8_dsp(const struct tg_conv2d_3_wide_dsp *layer, const int8_t *in, int8_t *out,
                                               void *scratch)
{
    tg_pair_hand_over(scratch, tg_conv2d_3_wide_stride2_run_dsp);
    tg_conv2d_3_wide_whole(layer, in, out, scratch);
}

TG_KERNEL void tg_conv2d_3_wide_stride2_s8_dsp_rows(const struct tg_conv2d_3_wide_dsp *layer, const int8_t *const *rows,
                                                    int8_t *const *out, int32_t row_count, void *scratch)
{
    tg_pair_hand_over(scratch, tg_conv2d_3_wide_stride2_run_dsp);
    tg_conv2d_3_wide_rows(layer, rows, out, row_count, scratch);
}
