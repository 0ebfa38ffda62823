/* See tg_conv2d_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_windows.h"
#include "tg_dsp_steps.h"

static const struct tg_conv2d_method mixed = {tg_dsp_steps_run, TG_PAIR_STEP_BYTES};

TG_KERNEL void tg_conv2d_s8_dsp(const struct tg_conv2d_dsp *layer, const int8_t *in, int8_t *out, void *scratch)
{
    tg_conv2d_windows(layer, in, out, scratch, &mixed);
}

TG_KERNEL void tg_conv2d_s8_dsp_rows(const struct tg_conv2d_dsp *layer, const int8_t *const *rows, int8_t *const *out,
                                     int32_t row_count, void *scratch)
{
    tg_conv2d_windows_rows(layer, rows, out, row_count, scratch, &mixed);
}
