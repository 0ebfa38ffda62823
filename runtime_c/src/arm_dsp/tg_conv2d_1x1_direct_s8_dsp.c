/* See tg_conv2d_1x1_direct_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_1x1_direct_dsp.h"
#include "tg_dsp_scale_finish.h"
#include "tg_few_pairs_dsp.h"
#include "tg_few_row_dsp.h"

/* `count` pixels that lie side by side in the output, and `step` bytes apart in the input. */
static void compute_pixels(const struct tg_fully_connected_few_dsp *row, const int8_t *in, int32_t step, int8_t *out,
                           int32_t count)
{
    const struct tg_dsp_scale scale = {NULL, row->form, row->out_zero_point, row->out_min, row->out_max};
    const int32_t channels = 2 * row->twos + row->ones;
    const int32_t even = count & ~1;

    if (row->form > TG_DSP_TWO_ROUNDINGS) {
        for (int32_t i = 0; i < count; i++) {
            tg_few_row_by_rule_dsp(row, in + i * step, out + i * channels);
        }
        return;
    }
    if (even > 0) {
        tg_few_pairs_dsp(row, in, out, even / 2, step, channels);
    }
    if (even != count) { /* a pair of a pixel and itself */
        tg_few_pairs_dsp(row, in + even * step, out + even * channels, 1, 0, 0);
    }
    tg_dsp_scale_clamp(&scale, out, count * channels);
}

TG_KERNEL void tg_conv2d_1x1_direct_s8_dsp(const struct tg_conv2d_1x1_direct_dsp *layer, const int8_t *in, int8_t *out)
{
    const struct tg_window *const w = &layer->window;
    const int32_t step = w->stride_width * layer->row.depth;
    const int32_t row_step = w->stride_height * w->in_width * layer->row.depth;
    const int32_t is_one_row = row_step == w->out_width * step; /* no pixel is left out between rows */
    const int32_t count = is_one_row ? w->out_height * w->out_width : w->out_width;
    const int32_t rows = is_one_row ? 1 : w->out_height;

    for (int32_t y = 0; y < rows; y++) {
        compute_pixels(&layer->row, in, step, out, count);
        in += row_step;
        out += count * (2 * layer->row.twos + layer->row.ones);
    }
}

TG_KERNEL void tg_conv2d_1x1_direct_s8_dsp_rows(const struct tg_conv2d_1x1_direct_dsp *layer, const int8_t *const *rows,
                                                int8_t *const *out, int32_t row_count)
{
    const struct tg_window *const w = &layer->window;

    for (int32_t y = 0; y < row_count; y++) {
        compute_pixels(&layer->row, rows[y * w->stride_height], w->stride_width * layer->row.depth, out[y],
                       w->out_width);
    }
}
