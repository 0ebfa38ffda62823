/* See tg_conv2d_winograd_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_winograd_fast.h"

/* Output rows of an image, from transformed weights. Scratch: the chunk's transformed inputs, then room for work. */
static void compute(const struct tg_conv2d_winograd_dsp *layer, const struct tg_winograd_image *image, void *scratch)
{
    const int32_t steps = tg_winograd_steps(layer);
    const int32_t pair_words = steps * TG_WINOGRAD_STEP_WORDS;
    const int32_t pairs = (layer->window.out_width + 7) / 8;
    uint32_t *const x = (uint32_t *)scratch;
    uint32_t *const work = x + layer->chunk_pairs * pair_words;
    struct tg_winograd_tiles tiles;

    for (tiles.row = 0; tiles.row * TG_WINOGRAD_TILE < image->row_count; tiles.row++) {
        for (int32_t first = 0; first < pairs; first += layer->chunk_pairs) {
            const int32_t left = pairs - first;
            const uint32_t *u = (const uint32_t *)layer->weights;

            tiles.pair = first;
            tiles.pairs = left < layer->chunk_pairs ? left : layer->chunk_pairs;
            tg_conv2d_winograd_inputs(layer, image, &tiles, x, work);
            for (int32_t channel = 0; channel < layer->out_channels; channel += 4) {
                for (int32_t i = 0; i < tiles.pairs; i++) {
                    tiles.pair = first + i;
                    tg_conv2d_winograd_fast(layer, image, &tiles, channel, u, x + i * pair_words, (int32_t *)work);
                }
                u += steps * TG_WINOGRAD_POSITIONS * 4;
            }
        }
    }
}

TG_KERNEL void tg_conv2d_winograd_s8_dsp(const struct tg_conv2d_winograd_dsp *layer, const int8_t *in, int8_t *out,
                                         void *scratch)
{
    const struct tg_winograd_image image = {in, out, NULL, NULL, layer->window.out_height, layer->pad_row};

    compute(layer, &image, scratch);
}

TG_KERNEL void tg_conv2d_winograd_s8_dsp_rows(const struct tg_conv2d_winograd_dsp *layer, const int8_t *const *rows,
                                              int8_t *const *out, int32_t row_count, void *scratch)
{
    const struct tg_winograd_image image = {NULL, NULL, rows, out, row_count, layer->pad_row};

    compute(layer, &image, scratch);
}
