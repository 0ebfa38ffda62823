/* Convolution of few channels. See tg_conv2d_mve.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_mve.h"
#include "tg_mve_clamp.h"
#include "tg_mve_columns.h"
#include "tg_mve_dense.h"
#include "tg_mve_ring.h"

/* An output row. taps: the padded rows under the kernel's rows. Scratch behind them: sums, then windows. */
static TG_NOINLINE void compute_row(const struct tg_conv2d_mve *layer, const int8_t *const *taps, int8_t *out,
                                    int32_t *sums)
{
    const struct tg_window *w = &layer->window;
    const struct tg_mve_dense *dense = &layer->dense;
    const struct tg_mve_layout columns = {w->kernel_height, w->kernel_width * layer->in_channels,
                                           w->stride_width * layer->in_channels};
    const int32_t bytes = columns.height * columns.cell;
    int8_t *const windows = (int8_t *)sums + tg_mve_sums_bytes(dense);
    int32_t offset = 0;
    int8_t *to = out;

    for (int32_t left = w->out_width; left > 0; left -= layer->pass_pixels) {
        const int32_t count = left < layer->pass_pixels ? left : layer->pass_pixels;

        tg_mve_columns(&columns, taps, offset, count, windows);
        tg_mve_dense_many(dense, 0, windows, bytes, to, count, sums);
        offset += count * columns.step;
        to += count * dense->out_step;
    }
    tg_mve_clamp(out, w->out_width * dense->out_step, layer->out_min, layer->out_max);
}

/* Scratch: pointers to rows, copied rows up to a multiple of 8 bytes, sums, windows. */
static TG_NOINLINE void compute(const struct tg_conv2d_mve *layer, const struct tg_mve_rows *rows, void *scratch)
{
    const struct tg_window *w = &layer->window;
    const int32_t extent = tg_window_extent(w);
    const int8_t **const taps = (const int8_t **)scratch;
    struct tg_mve_ring ring = {w,
                               layer->pad_row,
                               (int8_t *)scratch + w->kernel_height * TG_MVE_POINTER_BYTES,
                               layer->in_channels,
                               1,
                               layer->in_zero_point,
                               tg_mve_slot_bytes(w, layer->in_channels),
                               0};
    int32_t *const sums = (int32_t *)(void *)(ring.slots + (extent * ring.slot_bytes + 7) / 8 * 8);

    for (int32_t y = 0; y < rows->count; y++) {
        int8_t *const out = rows->out_rows ? rows->out_rows[y] : rows->out + y * w->out_width * layer->dense.out_step;
        const int32_t first = tg_mve_advance(&ring, rows, y);

        for (int32_t ky = 0; ky < w->kernel_height; ky++) {
            taps[ky] = ring.slots + (first + ky * w->dilation_height) % extent * ring.slot_bytes;
        }
        compute_row(layer, taps, out, sums);
    }
}

TG_KERNEL void tg_conv2d_runs_s8_mve_rows(const struct tg_conv2d_mve *layer, const int8_t *const *rows,
                                          int8_t *const *out, int32_t row_count, void *scratch)
{
    const struct tg_mve_rows from = {rows, 0, out, 0, row_count};

    compute(layer, &from, scratch);
}

TG_KERNEL void tg_conv2d_runs_s8_mve(const struct tg_conv2d_mve *layer, const int8_t *in, int8_t *out,
                                     void *scratch)
{
    const struct tg_mve_rows from = {0, in, 0, out, layer->window.out_height};

    compute(layer, &from, scratch);
}
