/* See tg_fully_connected_few_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_dsp_scale_finish.h"
#include "tg_few_row_dsp.h"

static TG_NOINLINE void compute_rows(const struct tg_fully_connected_few_dsp *layer, const int8_t *in, int8_t *out)
{
    const struct tg_dsp_scale scale = {NULL, layer->form, layer->out_zero_point, layer->out_min, layer->out_max};
    const int32_t channels = 2 * layer->twos + layer->ones;

    for (int32_t row = 0; row < layer->rows; row++) {
        if (layer->form > TG_DSP_TWO_ROUNDINGS) {
            tg_few_row_by_rule_dsp(layer, in, out);
        } else {
            tg_few_row_dsp(layer, in, out);
            tg_dsp_scale_clamp(&scale, out, channels);
        }
        in += layer->depth;
        out += channels;
    }
}

TG_KERNEL void tg_fully_connected_few_s8_dsp(const struct tg_fully_connected_few_dsp *layer, const int8_t *in,
                                             int8_t *out)
{
    if (!layer->is_plain) {
        compute_rows(layer, in, out);
        return;
    }
    tg_few_row_dsp(layer, in, out);
}
