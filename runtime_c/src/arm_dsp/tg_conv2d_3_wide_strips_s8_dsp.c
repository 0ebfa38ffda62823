/* See tg_conv2d_3_wide_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_3_wide_s8_dsp.h"
#include "tg_conv2d_3_wide_strips.h"

TG_KERNEL void tg_conv2d_3_wide_strips_s8_dsp(const struct tg_conv2d_3_wide_dsp *layer, const int8_t *in, int8_t *out,
                                              void *scratch)
{
    tg_pair_hand_over(scratch, tg_conv2d_3_wide_run_dsp);
    tg_conv2d_3_wide_strips_whole(layer, in, out, scratch);
}

TG_KERNEL void tg_conv2d_3_wide_strips_s8_dsp_rows(const struct tg_conv2d_3_wide_dsp *layer, const int8_t *const *rows,
                                                   int8_t *const *out, int32_t row_count, void *scratch)
{
    tg_pair_hand_over(scratch, tg_conv2d_3_wide_run_dsp);
    tg_conv2d_3_wide_strips_rows(layer, rows, out, row_count, scratch);
}
