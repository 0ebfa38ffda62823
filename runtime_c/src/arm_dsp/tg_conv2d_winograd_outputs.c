/* See tg_conv2d_winograd_outputs.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_winograd_outputs.h"
#include "tg_fixedpoint.h"

/* Pixels of four channels; `step` bytes from one to the next. */
static void store_fours(const int8_t *from, int8_t *to, int32_t step, int32_t count)
{
    if (count == 2 * TG_WINOGRAD_TILE) {
        memcpy(to, from, 4);
        memcpy(to + step, from + 4, 4);
        memcpy(to + 2 * step, from + 8, 4);
        memcpy(to + 3 * step, from + 12, 4);
        to += 4 * step;
        memcpy(to, from + 16, 4);
        memcpy(to + step, from + 20, 4);
        memcpy(to + 2 * step, from + 24, 4);
        memcpy(to + 3 * step, from + 28, 4);
        return;
    }
    for (int32_t x = 0; x < count; x++) {
        memcpy(to, from + 4 * x, 4);
        to += step;
    }
}

/* Stores what lies inside of the image: `channels` of four, some of the columns, some of the rows. */
static void store(const struct tg_conv2d_winograd_dsp *layer, const struct tg_winograd_image *image,
                  const struct tg_winograd_tiles *tile, int32_t columns, int32_t channel, const int8_t *block)
{
    const int32_t step = layer->out_step;
    const int32_t offset = tile->pair * 2 * TG_WINOGRAD_TILE * step + channel;
    const int32_t channels = layer->out_channels - channel;
    const int32_t first = tile->row * TG_WINOGRAD_TILE;
    const int32_t end = tg_clamp(image->row_count, first, first + TG_WINOGRAD_TILE);

    for (int32_t y = first; y < end; y++) {
        int8_t *to = image->out_rows != NULL ? image->out_rows[y] : image->out + y * layer->window.out_width * step;

        to += offset;
        if (channels >= 4) {
            store_fours(block, to, step, columns);
        } else {
            for (int32_t x = 0; x < columns; x++) {
                memcpy(to + x * step, block + 4 * x, (size_t)channels);
            }
        }
        block += TG_WINOGRAD_BLOCK_ROW;
    }
}

static void clamp(const struct tg_conv2d_winograd_dsp *layer, int8_t *block)
{
    if (layer->out_min == INT8_MIN && layer->out_max == INT8_MAX) {
        return;
    }
    for (int32_t i = 0; i < TG_WINOGRAD_TILE * TG_WINOGRAD_BLOCK_ROW; i++) {
        block[i] = (int8_t)tg_clamp(block[i], layer->out_min, layer->out_max);
    }
}

TG_KERNEL void tg_conv2d_winograd_outputs(const struct tg_conv2d_winograd_dsp *layer,
                                          const struct tg_winograd_image *image,
                                          const struct tg_winograd_tiles *tile, int32_t channel, const uint32_t *u,
                                          const uint32_t *x, int32_t *work,
                                          const struct tg_winograd_method *method)
{
    const int32_t words = layer->form == TG_WINOGRAD_SHIFTED ? TG_WINOGRAD_SHIFT + 1 : TG_WINOGRAD_SHIFT;
    const int32_t *const channels = layer->channels + channel * words;
    const int32_t left = layer->window.out_width - tile->pair * 2 * TG_WINOGRAD_TILE;
    const int32_t columns = left < 2 * TG_WINOGRAD_TILE ? left : 2 * TG_WINOGRAD_TILE;
    int8_t *const block = (int8_t *)(work + TG_WINOGRAD_SUM_WORDS);

    method->multiply(x, u, work, tg_winograd_steps(layer));
    method->transform_columns(work);
    method->finish(layer, work, channels, block);
    if (columns > TG_WINOGRAD_TILE) {
        method->finish(layer, work + 4, channels, block + 4 * TG_WINOGRAD_TILE);
    }
    clamp(layer, block);
    store(layer, image, tile, columns, channel, block);
}
