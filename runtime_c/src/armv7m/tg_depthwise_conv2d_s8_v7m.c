/* Depthwise convolution with any window. See tg_depthwise_runs.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_run_v7m.h"
#include "tg_depthwise_runs_core.h"
#include "tg_depthwise_runs_v7m.h"

TG_KERNEL void tg_depthwise_conv2d_s8_v7m_rows(const struct tg_depthwise_runs *layer, const int8_t *const *rows,
                                               int8_t *const *out, int32_t row_count, void *scratch)
{
    const struct tg_runs_io io = {0, 0, rows, out, row_count};

    tg_runs_all(layer, &io, scratch, tg_depthwise_run_v7m);
}

TG_KERNEL void tg_depthwise_conv2d_s8_v7m(const struct tg_depthwise_runs *layer, const int8_t *in, int8_t *out,
                                          void *scratch)
{
    const struct tg_runs_io io = {in, out, 0, 0, layer->window.out_height};

    tg_runs_all(layer, &io, scratch, tg_depthwise_run_v7m);
}
