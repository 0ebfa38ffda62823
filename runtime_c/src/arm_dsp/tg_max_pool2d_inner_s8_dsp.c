/* See tg_max_pool2d_inner_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_max_pool2d_inner_dsp.h"
#include "tg_simd.h"

enum { QUAD = 4, MOST_ROWS = 8 };

/* One output: `rows` are those of the windows, `at` is where the window begins in them. About 6 cycles for a cell of four
 * channels, 25 for the four. */
static void one_output(const struct tg_pool2d *layer, const int8_t *const *rows, int32_t at, int8_t *out)
{
    const int32_t channels = layer->channels;
    const int8_t *const *const rows_end = rows + layer->window.kernel_height;
    const int32_t width = layer->window.kernel_width;

    for (int32_t c = 0; c < channels; c += QUAD) {
        const int32_t channel = c + QUAD <= channels ? c : channels - QUAD;
        uint32_t most = tg_load_quad(rows[0] + at + channel);

        for (const int8_t *const *row = rows; row != rows_end; row++) {
            const int8_t *x = *row + at + channel;

            for (int32_t left = width; left > 0; left--) {
                most = tg_smax8(most, tg_load_quad(x));
                x += channels;
            }
        }
        memcpy(out + channel, &most, sizeof most);
    }
}

static void one_row(const struct tg_pool2d *layer, const int8_t *const *rows, int8_t *out)
{
    const int32_t step = layer->window.stride_width * layer->channels;
    int32_t at = 0;

    for (int32_t left = layer->window.out_width; left > 0; left--) {
        one_output(layer, rows, at, out);
        at += step;
        out += layer->channels;
    }
}

TG_KERNEL void tg_max_pool2d_inner_s8_dsp(const struct tg_pool2d *layer, const int8_t *in, int8_t *out)
{
    const struct tg_window *const w = &layer->window;
    const int32_t row_bytes = w->in_width * layer->channels;
    const int8_t *rows[MOST_ROWS];

    for (int32_t y = 0; y < w->out_height; y++) {
        for (int32_t i = 0; i < w->kernel_height; i++) {
            rows[i] = in + (y * w->stride_height + i) * row_bytes;
        }
        one_row(layer, rows, out);
        out += w->out_width * layer->channels;
    }
}

TG_KERNEL void tg_max_pool2d_inner_s8_dsp_rows(const struct tg_pool2d *layer, const int8_t *const *rows,
                                               int8_t *const *out, int32_t row_count)
{
    for (int32_t y = 0; y < row_count; y++) {
        one_row(layer, rows + y * layer->window.stride_height, out[y]);
    }
}
