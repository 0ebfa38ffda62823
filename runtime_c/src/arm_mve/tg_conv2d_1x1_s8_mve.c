/* Convolution with kernels of one cell. See tg_conv2d_mve.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_mve.h"
#include "tg_mve_bytes.h"
#include "tg_mve_clamp.h"
#include "tg_mve_dense.h"

/* Pixels, `step` bytes apart, at the end of which `in` has bytes. The last ones may have less than whole steps of 16
 * values before the end: they are copied into scratch. */
static TG_NOINLINE void compute_run(const struct tg_conv2d_mve *layer, const int8_t *in, int32_t in_bytes,
                                    int32_t pixels, int8_t *out, void *scratch)
{
    const struct tg_mve_dense *dense = &layer->dense;
    const int32_t step = layer->window.stride_width * layer->in_channels;
    const int32_t vector = dense->steps * TG_MVE_STEP;
    const int32_t whole = in_bytes < vector ? 0 : tg_clamp((in_bytes - vector) / step + 1, 0, pixels);
    int32_t *const sums = (int32_t *)scratch;
    int8_t *const copy = (int8_t *)scratch + tg_mve_sums_bytes(dense);
    int8_t *to = out + whole * dense->out_step;

    tg_mve_dense_many(dense, 0, in, step, out, whole, sums);
    for (int32_t p = whole; p < pixels; p++) {
        (void)tg_mve_copy(copy, in + p * step, layer->in_channels);
        tg_mve_dense_many(dense, 0, copy, 0, to, 1, sums);
        to += dense->out_step;
    }
    tg_mve_clamp(out, pixels * dense->channels, layer->out_min, layer->out_max);
}

TG_KERNEL void tg_conv2d_1x1_s8_mve_rows(const struct tg_conv2d_mve *layer, const int8_t *const *rows,
                                         int8_t *const *out, int32_t row_count, void *scratch)
{
    const struct tg_window *w = &layer->window;

    for (int32_t y = 0; y < row_count; y++) {
        compute_run(layer, rows[y * w->stride_height], w->in_width * layer->in_channels, w->out_width, out[y],
                    scratch);
    }
}

TG_KERNEL void tg_conv2d_1x1_s8_mve(const struct tg_conv2d_mve *layer, const int8_t *in, int8_t *out,
                                    void *scratch)
{
    const struct tg_window *w = &layer->window;
    const int32_t row_bytes = w->in_width * layer->in_channels;

    if (w->stride_height == 1 && w->stride_width == 1) {
        compute_run(layer, in, w->in_height * row_bytes, w->out_height * w->out_width, out, scratch);
        return;
    }
    for (int32_t y = 0; y < w->out_height; y++) {
        const int32_t at = y * w->stride_height * row_bytes;

        compute_run(layer, in + at, w->in_height * row_bytes - at, w->out_width, out, scratch);
        out += w->out_width * layer->dense.out_step;
    }
}
