/* See tg_conv2d_winograd_compact.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_winograd_compact.h"
#include "tg_conv2d_winograd_weights.h"

/* Scratch: transformed weights, transformed inputs of a chunk, room for work. */
struct memory {
    uint32_t *u;
    uint32_t *x;
    uint32_t *work;
};

static int32_t least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* Words of transformed weights of four output channels. */
static int32_t block_words(const struct tg_conv2d_winograd_dsp *layer)
{
    return tg_winograd_steps(layer) * TG_WINOGRAD_POSITIONS * 4;
}

static struct memory divide(const struct tg_conv2d_winograd_dsp *layer, void *scratch)
{
    const int32_t blocks = layer->keeps_weights ? (layer->out_channels + 3) / 4 : 1;
    const int32_t pairs = layer->chunk_rows * layer->chunk_pairs;
    struct memory memory;

    memory.u = (uint32_t *)scratch;
    memory.x = memory.u + blocks * block_words(layer);
    memory.work = memory.x + pairs * tg_winograd_steps(layer) * TG_WINOGRAD_STEP_WORDS;
    return memory;
}

/* Transformed weights of the four output channels from `channel` on. */
static const uint32_t *weights_of(const struct tg_conv2d_winograd_dsp *layer, const struct memory *memory,
                                  int32_t channel)
{
    const int32_t steps = tg_winograd_steps(layer);
    const uint32_t *compact = (const uint32_t *)layer->weights;

    if (layer->keeps_weights) {
        return memory->u + channel / 4 * block_words(layer);
    }
    tg_conv2d_winograd_weights(compact + channel / 4 * (steps / 2) * 36, memory->u, steps, memory->work);
    return memory->u;
}

/* All channels of the tiles of a chunk: `rows` rows from tile row `first` on, of each `pairs` pairs from `pair` on. */
TG_COMPACT static void compute_chunk(const struct tg_conv2d_winograd_dsp *layer, const struct tg_winograd_image *image,
                          const struct memory *memory, int32_t first, int32_t rows, int32_t pair, int32_t pairs,
                          tg_winograd_outputs *outputs)
{
    const int32_t pair_words = tg_winograd_steps(layer) * TG_WINOGRAD_STEP_WORDS;
    struct tg_winograd_tiles tiles = {first, pair, pairs};

    for (int32_t row = 0; row < rows; row++) {
        tiles.row = first + row;
        tg_conv2d_winograd_inputs(layer, image, &tiles, memory->x + row * pairs * pair_words, memory->work);
    }
    for (int32_t channel = 0; channel < layer->out_channels; channel += 4) {
        const uint32_t *const u = weights_of(layer, memory, channel);
        const uint32_t *x = memory->x;

        for (int32_t i = 0; i < rows * pairs; i++) {
            tiles.row = first + i / pairs;
            tiles.pair = pair + i % pairs;
            outputs(layer, image, &tiles, channel, u, x, (int32_t *)memory->work);
            x += pair_words;
        }
    }
}

TG_KERNEL TG_COMPACT void tg_conv2d_winograd_compact(const struct tg_conv2d_winograd_dsp *layer,
                                                     const struct tg_winograd_image *image, void *scratch,
                                                     tg_winograd_outputs *outputs)
{
    const struct memory memory = divide(layer, scratch);
    const int32_t steps = tg_winograd_steps(layer);
    const int32_t pairs = (layer->window.out_width + 7) / 8;
    const int32_t rows = (image->row_count + 3) / 4;

    if (layer->keeps_weights) {
        const uint32_t *compact = (const uint32_t *)layer->weights;
        uint32_t *u = memory.u;

        for (int32_t channel = 0; channel < layer->out_channels; channel += 4) {
            tg_conv2d_winograd_weights(compact, u, steps, memory.work);
            compact += steps / 2 * 36;
            u += block_words(layer);
        }
    }
    for (int32_t row = 0; row < rows; row += layer->chunk_rows) {
        for (int32_t pair = 0; pair < pairs; pair += layer->chunk_pairs) {
            compute_chunk(layer, image, &memory, row, least(layer->chunk_rows, rows - row), pair,
                          least(layer->chunk_pairs, pairs - pair), outputs);
        }
    }
}
