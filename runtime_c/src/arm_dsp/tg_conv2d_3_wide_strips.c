/* See tg_conv2d_3_wide_strips.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_3_wide_strips.h"
#include "tg_dsp_rows.h"
#include "tg_fixedpoint.h"

/* Channels of a part, and what they take. */
#define PART 8
#define PART_BYTES TG_3_WIDE_PART_BYTES

static struct tg_3_wide_buffer buffer_in(const struct tg_conv2d_3_wide_dsp *layer, void *scratch)
{
    const int32_t parts = layer->in_channels / PART;
    const int32_t columns = (layer->strip - 1) * layer->window.stride_width + TG_3_WIDE_COLUMNS;
    const int32_t pitch = columns * PART_BYTES;
    const struct tg_3_wide_buffer buffer = {(int8_t *)scratch + TG_PAIR_SUMS_BYTES, parts * pitch, pitch, parts,
                                            layer->strip};

    return buffer;
}

/* Widens the columns of a strip from `first` on of an input row; what lies outside of it is padding, and so is NULL. */
TG_COMPACT static void load_columns(const struct tg_conv2d_3_wide_dsp *layer, const struct tg_3_wide_buffer *buffer,
                                    const int8_t *row, int32_t first, int8_t *to)
{
    const int32_t columns = buffer->pitch / PART_BYTES;
    const int32_t begin = tg_clamp(-first, 0, columns);
    const int32_t end = row == NULL ? begin : tg_clamp(layer->window.in_width - first, begin, columns);

    for (int32_t part = 0; part < buffer->parts; part++) {
        tg_conv2d_3_wide_fill(to, layer->in_zero_point, begin * PART_BYTES);
        if (end > begin) {
            const int8_t *const from = row + ((first + begin) * layer->in_channels + part * PART);

            tg_conv2d_3_wide_widen_dsp(to + begin * PART_BYTES, from, layer->in_channels, end - begin);
        }
        tg_conv2d_3_wide_fill(to + end * PART_BYTES, layer->in_zero_point, (columns - end) * PART_BYTES);
        to += buffer->pitch;
    }
}

/* An output row strip by strip; input rows are counted from the first that the first output row reads. */
static void compute_row(const struct tg_conv2d_3_wide_dsp *layer, struct tg_3_wide_buffer *buffer,
                        const struct tg_dsp_rows *rows, int32_t first_row, int8_t *out, int8_t *sums, tg_pair_run *run)
{
    const struct tg_window *const w = &layer->window;

    for (int32_t x = 0; x < w->out_width; x += buffer->pixels) {
        const int32_t left = w->out_width - x;

        for (int32_t ky = 0; ky < w->kernel_height; ky++) {
            load_columns(layer, buffer, tg_dsp_row(rows, first_row + ky), x * w->stride_width - w->pad_left,
                         buffer->rows + ky * buffer->row_bytes);
        }
        buffer->pixels = left > layer->strip ? layer->strip / 2 * 2 : left; /* never one alone */
        tg_3_wide_compute(layer, buffer, 0, out + x * layer->out_channels, sums, run);
    }
}

/* Output rows from `out` on, or those that `outs` points to. */
TG_COMPACT static void compute_rows(const struct tg_conv2d_3_wide_dsp *layer, const struct tg_dsp_rows *rows,
                                    int8_t *out, int8_t *const *outs, int32_t row_count, void *scratch)
{
    struct tg_3_wide_buffer buffer = buffer_in(layer, scratch);
    tg_pair_run *const run = tg_pair_handed_over(scratch);

    for (int32_t y = 0; y < row_count; y++) {
        compute_row(layer, &buffer, rows, y * layer->window.stride_height, outs == NULL ? out : outs[y],
                    (int8_t *)scratch, run);
        out += layer->window.out_width * layer->out_channels;
    }
}

TG_KERNEL void tg_conv2d_3_wide_strips_whole(const struct tg_conv2d_3_wide_dsp *layer, const int8_t *in, int8_t *out,
                                             void *scratch)
{
    const struct tg_dsp_rows rows = tg_dsp_whole_tensor(&layer->window, layer->in_channels, in);

    compute_rows(layer, &rows, out, NULL, layer->window.out_height, scratch);
}

TG_KERNEL void tg_conv2d_3_wide_strips_rows(const struct tg_conv2d_3_wide_dsp *layer, const int8_t *const *rows,
                                            int8_t *const *out, int32_t row_count, void *scratch)
{
    const struct tg_dsp_rows in = tg_dsp_row_pointers(&layer->window, rows);

    compute_rows(layer, &in, NULL, out, row_count, scratch);
}
