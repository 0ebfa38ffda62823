/* See tg_depthwise_planes.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#define SIGNED 0
#define SHIFTED 0
#define COMPUTE tg_depthwise_3x3_compute_dsp

#include "tg_depthwise_3x3_s8_dsp.h"
#include "tg_depthwise_3x3_core.h"

TG_KERNEL void tg_depthwise_3x3_s8_dsp(const struct tg_depthwise_planes *layer, const int8_t *in, int8_t *out, void *scratch)
{
    const struct tg_planes_rows rows = {in, out, NULL, NULL, layer->window.out_height};

    tg_planes_run_dsp(layer, &rows, scratch, CHANNEL_WORDS, COMPUTE);
}

TG_KERNEL void tg_depthwise_3x3_s8_dsp_rows(const struct tg_depthwise_planes *layer, const int8_t *const *rows,
    int8_t *const *out, int32_t row_count, void *scratch)
{
    const struct tg_planes_rows all = {NULL, NULL, rows, out, row_count};

    tg_planes_run_dsp(layer, &all, scratch, CHANNEL_WORDS, COMPUTE);
}
