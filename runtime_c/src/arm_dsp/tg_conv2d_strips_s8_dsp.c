/* From copies of input rows with their padding, or from rows that need none. See tg_conv2d_strips_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_strips.h"

TG_INLINE int8_t *line_of(const struct tg_conv2d_strips_dsp *layer, const struct tg_strips_places *places, int32_t row)
{
    return places->lines + row % layer->lines * layer->line_bytes;
}

/* An input row as a line without a copy, for kernels of one row without padding: NULL where what is read behind it
 * would lie behind the tensor. */
TG_COMPACT static const int8_t *line_in_place(const struct tg_conv2d_strips_dsp *layer, const struct tg_dsp_rows *in,
                                              int32_t row)
{
    const int32_t at = row * in->row_bytes;
    const int32_t is_near = in->pointers == NULL && at + layer->line_bytes <= in->window->in_height * in->row_bytes;

    return layer->is_plain && is_near ? in->tensor + at : NULL;
}

/* Loads the input rows below `end`. */
TG_COMPACT static void load_lines(const struct tg_conv2d_strips_dsp *layer, struct tg_strips_places *places,
                                  int32_t end)
{
    const int32_t pad_bytes = layer->window.pad_left * layer->in_channels;
    const int32_t row_bytes = layer->window.in_width * layer->in_channels;

    if (places->next < end - layer->lines) {
        places->next = end - layer->lines;
    }
    for (; places->next < end; places->next++) {
        int8_t *const to = line_of(layer, places, places->next) + pad_bytes;
        const int8_t *const row = tg_dsp_row(&places->in, places->next);

        if (row == NULL) {
            (void)memset(to, layer->in_zero_point, (size_t)row_bytes);
        } else if (line_in_place(layer, &places->in, places->next) == NULL) {
            (void)memcpy(to, row, (size_t)row_bytes);
        }
    }
}

/* Row i, counted from the first, is line i modulo their number. */
TG_COMPACT static void widen_lines(const struct tg_conv2d_strips_dsp *layer, const struct tg_strips_places *places,
                                   int32_t y, int32_t column, int32_t quads, int8_t *to)
{
    const struct tg_window *const w = &layer->window;
    const int8_t *const end = places->lines + layer->lines * layer->line_bytes;
    const int8_t *const in_place = line_in_place(layer, &places->in, y * w->stride_height);
    const int8_t *line = in_place != NULL ? in_place : line_of(layer, places, y * w->stride_height);

    for (int32_t ky = 0; ky < w->kernel_height; ky++) {
        places->rows[ky] = line;
        line += layer->line_bytes;
        line = line < end ? line : places->lines;
    }
    tg_conv2d_strips_widen_dsp(to, places->rows, w->kernel_height, column * w->stride_width * layer->in_channels,
                               quads);
}

static const struct tg_strips_source SOURCE = {load_lines, widen_lines};

TG_KERNEL void tg_conv2d_strips_s8_dsp(const struct tg_conv2d_strips_dsp *layer, const int8_t *in, int8_t *out,
                                       void *scratch)
{
    tg_strips_hand_over(scratch, &SOURCE);
    tg_conv2d_strips_run(layer, in, out, scratch);
}

TG_KERNEL void tg_conv2d_strips_s8_dsp_rows(const struct tg_conv2d_strips_dsp *layer, const int8_t *const *rows,
                                            int8_t *const *out, int32_t row_count, void *scratch)
{
    tg_strips_hand_over(scratch, &SOURCE);
    tg_conv2d_strips_run_rows(layer, rows, out, row_count, scratch);
}
