/* From input rows in their place, with copies of those pieces that reach beyond them. See tg_conv2d_strips_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_strips.h"
#include "tg_fixedpoint.h"

/* Copies `bytes` values of an input row (NULL: of padding), from value `first` on, some of which are padding. */
TG_COMPACT static void copy_piece(const struct tg_conv2d_strips_dsp *layer, const int8_t *row, int32_t first,
                                  int32_t bytes, int8_t *to)
{
    const int32_t row_bytes = layer->window.in_width * layer->in_channels;
    const int32_t begin = tg_clamp(-first, 0, bytes);
    const int32_t end = tg_clamp(row_bytes - first, begin, bytes);

    (void)memset(to, layer->in_zero_point, (size_t)bytes);
    if (row != NULL) {
        (void)memcpy(to + begin, row + (first + begin), (size_t)(end - begin));
    }
}

/* Nothing: what is needed is copied when it is widened. */
static void load_nothing(const struct tg_conv2d_strips_dsp *layer, struct tg_strips_places *places, int32_t end)
{
    (void)layer;
    (void)places;
    (void)end;
}

/* Widens `quads` times four values of every row, from `column` on: in their place, or copies where some are padding. */
static void widen_pieces(const struct tg_conv2d_strips_dsp *layer, const struct tg_strips_places *places, int32_t y,
                         int32_t column, int32_t quads, int8_t *to)
{
    const struct tg_window *const w = &layer->window;
    const int32_t first = (column * w->stride_width - w->pad_left) * layer->in_channels;
    const int32_t is_inside = first >= 0 && first + 4 * quads <= w->in_width * layer->in_channels;
    int8_t *copy = places->lines;

    for (int32_t ky = 0; ky < w->kernel_height; ky++) {
        const int8_t *const row = tg_dsp_row(&places->in, y * w->stride_height + ky);
        const int8_t *piece = copy;

        if (row != NULL && is_inside) {
            piece = row + first;
        } else {
            copy_piece(layer, row, first, 4 * quads, copy);
        }
        places->rows[ky] = piece;
        copy += layer->line_bytes;
    }
    tg_conv2d_strips_widen_dsp(to, places->rows, w->kernel_height, 0, quads);
}

static const struct tg_strips_source SOURCE = {load_nothing, widen_pieces};

TG_KERNEL void tg_conv2d_strips_pieces_s8_dsp(const struct tg_conv2d_strips_dsp *layer, const int8_t *in, int8_t *out,
                                              void *scratch)
{
    tg_strips_hand_over(scratch, &SOURCE);
    tg_conv2d_strips_run(layer, in, out, scratch);
}

TG_KERNEL void tg_conv2d_strips_pieces_s8_dsp_rows(const struct tg_conv2d_strips_dsp *layer, const int8_t *const *rows,
                                                   int8_t *const *out, int32_t row_count, void *scratch)
{
    tg_strips_hand_over(scratch, &SOURCE);
    tg_conv2d_strips_run_rows(layer, rows, out, row_count, scratch);
}
