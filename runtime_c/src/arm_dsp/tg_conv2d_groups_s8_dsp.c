/* See tg_conv2d_groups_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_groups_dsp.h"
#include "tg_conv2d_strips_s8_dsp.h"
#include "tg_copy_pieces.h"
#include "tg_rows.h"

/* Room for a pointer in scratch, on every core. */
#define POINTER_BYTES 8

/* Moves weights and words on to the next group. */
static void next_group(const struct tg_conv2d_groups_dsp *layer, struct tg_conv2d_strips_dsp *one)
{
    one->weights += layer->weights_step;
    one->scale.blocks += layer->blocks_step;
}

TG_KERNEL void tg_conv2d_groups_s8_dsp(const struct tg_conv2d_groups_dsp *layer, const int8_t *in, int8_t *out,
                                       void *scratch)
{
    const struct tg_window *const w = &layer->window;
    const int32_t depth = layer->one.in_channels;
    const int32_t channels = layer->one.out_channels;
    const int32_t in_pixels = w->in_height * w->in_width;
    const int32_t out_pixels = w->out_height * w->out_width;
    const int32_t own_bytes = (in_pixels * depth + out_pixels * channels + 7) / 8 * 8;
    int8_t *const own_in = (int8_t *)scratch;
    int8_t *const own_out = own_in + in_pixels * depth;
    struct tg_conv2d_strips_dsp one = layer->one;

    for (int32_t group = 0; group < layer->groups; group++) {
        tg_copy_pieces(in + group * depth, layer->groups * depth, own_in, depth, depth, in_pixels);
        tg_conv2d_strips_s8_dsp(&one, own_in, own_out, own_in + own_bytes);
        tg_copy_pieces(own_out, channels, out + group * channels, layer->groups * channels, channels, out_pixels);
        next_group(layer, &one);
    }
}

/* Rows that output rows 0 .. row_count read. */
static int32_t rows_under(const struct tg_window *w, int32_t row_count)
{
    return (row_count - 1) * w->stride_height + tg_window_extent(w);
}

/* One output row of one group; `own` is room for its input rows and its output row, `pointers` for their addresses. */
static void compute_row(const struct tg_conv2d_groups_dsp *layer, const struct tg_conv2d_strips_dsp *one, int32_t group,
                        const int8_t *const *rows, int8_t *out, const int8_t **pointers, int8_t *own, void *scratch)
{
    const struct tg_window *const w = &layer->window;
    const int32_t depth = one->in_channels;
    const int32_t channels = one->out_channels;
    const int32_t row_bytes = w->in_width * depth;
    const int32_t count = rows_under(w, 1);
    int8_t *own_out = own + count * row_bytes;

    for (int32_t i = 0; i < count; i++) {
        pointers[i] = NULL;
        if (rows[i] != NULL) {
            tg_copy_pieces(rows[i] + group * depth, layer->groups * depth, own + i * row_bytes, depth, depth,
                           w->in_width);
            pointers[i] = own + i * row_bytes;
        }
    }
    tg_conv2d_strips_s8_dsp_rows(one, pointers, &own_out, 1, scratch);
    tg_copy_pieces(own_out, channels, out + group * channels, layer->groups * channels, channels, w->out_width);
}

TG_KERNEL void tg_conv2d_groups_s8_dsp_rows(const struct tg_conv2d_groups_dsp *layer, const int8_t *const *rows,
                                            int8_t *const *out, int32_t row_count, void *scratch)
{
    const struct tg_window *const w = &layer->window;
    const int32_t count = rows_under(w, 1);
    const int32_t own_bytes = count * w->in_width * layer->one.in_channels + w->out_width * layer->one.out_channels;
    const int8_t **const pointers = (const int8_t **)scratch;
    int8_t *const own = (int8_t *)scratch + count * POINTER_BYTES;
    struct tg_conv2d_strips_dsp one = layer->one;

    for (int32_t group = 0; group < layer->groups; group++) {
        for (int32_t y = 0; y < row_count; y++) {
            compute_row(layer, &one, group, rows + y * w->stride_height, out[y], pointers, own,
                        own + (own_bytes + 7) / 8 * 8);
        }
        next_group(layer, &one);
    }
}
