/* Depthwise convolution by planes. See tg_depthwise_planes_mve.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_planes_mve.h"
#include "tg_mve_bytes.h"
#include "tg_mve_c.h"
#include "tg_mve_clamp.h"
#include "tg_mve_plane_outputs.h"
#include "tg_mve_plane_sums.h"
#include "tg_mve_planes.h"
#include "tg_rows.h"

enum { POINTER_BYTES = 8, LANES = 4 };

/* Output rows on their way. */
struct block {
    const struct tg_depthwise_planes_mve *layer;
    int8_t *const *out;
    int32_t rows; /* of them, up to layer->rows */
    int32_t *sums;
    int8_t *planes;
    int32_t words;  /* of a channel */
    int32_t pixels; /* of a vector of lanes */
    struct tg_mve_plane_sums_task windows;
    struct tg_mve_plane_outputs_task outputs;
};

/* Four bits for each lane in a row of the block and in the first pixels of a vector. */
static int32_t mask_of(const struct block *block, int32_t pixels)
{
    int32_t mask = 0;

    for (int32_t lane = 0; lane < LANES; lane++) {
        if (lane % block->layer->rows < block->rows && lane / block->layer->rows < pixels) {
            mask |= 15 << 4 * lane;
        }
    }
    return mask;
}

/* What is the same for all channels. */
static TG_NOINLINE void begin_block(struct block *block)
{
    const struct tg_depthwise_planes_mve *layer = block->layer;
    const struct tg_window *w = &layer->window;
    const int32_t pixel_bytes = layer->in_channels * layer->channel_multiplier;

    for (int32_t lane = 0; lane < LANES; lane++) {
        const int32_t row = lane % layer->rows;
        const int32_t pixel = lane / layer->rows;

        block->outputs.lanes[lane] = block->out[row < block->rows ? row : 0] + pixel * pixel_bytes;
        if (lane > 0) {
            block->windows.lanes[lane - 1] = pixel * w->stride_width * layer->pitch + row * w->stride_height;
        }
    }
    block->windows.steps = layer->steps;
    block->windows.shift = layer->is_shared ? w->stride_height : 0;
    block->windows.vectors = (w->out_width + block->pixels - 1) / block->pixels;
    block->windows.step = block->pixels * w->stride_width * layer->pitch;
    block->outputs.vectors = block->windows.vectors - 1;
    block->outputs.form = layer->form;
    block->outputs.factor = layer->factor;
    block->outputs.zero_point = layer->zero_point;
    block->outputs.step = block->pixels * pixel_bytes;
    block->outputs.mask = mask_of(block, block->pixels);
    block->outputs.end_mask = mask_of(block, (w->out_width - 1) % block->pixels + 1);
}

/* A block from the input rows that it sees. */
static TG_NOINLINE void compute_block(struct block *block, const int8_t *const *rows, int32_t plane_bytes)
{
    const struct tg_depthwise_planes_mve *layer = block->layer;
    const struct tg_window *w = &layer->window;
    const int32_t in_rows = (block->rows - 1) * w->stride_height + tg_window_extent(w);
    const int8_t *weights = layer->weights;
    const int32_t *words = layer->words;
    int32_t channel = 0;
    struct tg_mve_planes_task planes = {w->in_width, layer->in_channels, layer->pitch, plane_bytes, 0};

    begin_block(block);
    for (int32_t first = 0; first < layer->in_channels; first += TG_MVE_PLANES) {
        const int32_t left = layer->in_channels - first;

        planes.channels = left < TG_MVE_PLANES ? left : (int32_t)TG_MVE_PLANES;
        for (int32_t y = 0; y < in_rows; y++) {
            if (y % w->stride_height < tg_window_extent(w)) { /* some window sees it */
                tg_mve_planes(&planes, rows[y] + first, block->planes + w->pad_left * layer->pitch + y);
            }
        }
        for (int32_t c = 0; c < planes.channels; c++) {
            for (int32_t i = 0; i < layer->channel_multiplier; i++) {
                tg_mve_plane_sums(&block->windows, weights, block->planes + c * plane_bytes, block->sums);
                tg_mve_plane_outputs(&block->outputs, words, block->sums, channel);
                weights += layer->steps * TG_MVE_STEP;
                words += block->words;
                channel++;
            }
        }
    }
    for (int32_t y = 0; y < block->rows; y++) {
        tg_mve_clamp(block->out[y], w->out_width * layer->in_channels * layer->channel_multiplier, layer->out_min,
                     layer->out_max);
    }
}

static int32_t plane_bytes_of(const struct tg_depthwise_planes_mve *layer)
{
    const struct tg_window *w = &layer->window;

    return (w->pad_left + w->in_width + w->pad_right) * layer->pitch;
}

/* Scratch: pointers to the rows of a block, sums, planes and what vectors read behind them. */
static TG_NOINLINE void begin(struct block *block, const struct tg_depthwise_planes_mve *layer, void *scratch)
{
    const int32_t planes = layer->in_channels < TG_MVE_PLANES ? layer->in_channels : (int32_t)TG_MVE_PLANES;
    const int32_t slack = 4 * layer->window.stride_width * layer->pitch + layer->steps * TG_MVE_STEP;

    memset(block, 0, sizeof *block);
    block->layer = layer;
    block->words = tg_mve_vectors(layer->form);
    block->pixels = LANES / layer->rows;
    block->sums = (int32_t *)(void *)((int8_t *)scratch + layer->pitch * POINTER_BYTES);
    block->planes = (int8_t *)(block->sums + (layer->window.out_width + block->pixels - 1) / block->pixels * LANES);
    (void)tg_mve_fill(block->planes, layer->in_zero_point, planes * plane_bytes_of(layer) + slack);
}

TG_KERNEL void tg_depthwise_planes_s8_mve_rows(const struct tg_depthwise_planes_mve *layer,
                                               const int8_t *const *rows, int8_t *const *out, int32_t row_count,
                                               void *scratch)
{
    struct block block;

    begin(&block, layer, scratch);
    for (int32_t y = 0; y < row_count; y += layer->rows) {
        block.out = out + y;
        block.rows = row_count - y < layer->rows ? row_count - y : layer->rows;
        compute_block(&block, rows + y * layer->window.stride_height, plane_bytes_of(layer));
    }
}

TG_KERNEL void tg_depthwise_planes_s8_mve(const struct tg_depthwise_planes_mve *layer, const int8_t *in, int8_t *out,
                                          void *scratch)
{
    const struct tg_window *w = &layer->window;
    const int8_t **const rows = (const int8_t **)scratch;
    int8_t *out_rows[LANES];
    struct block block;

    begin(&block, layer, scratch);
    block.out = out_rows;
    for (int32_t y = 0; y < w->out_height; y += layer->rows) {
        block.rows = w->out_height - y < layer->rows ? w->out_height - y : layer->rows;
        for (int32_t i = 0; i < block.rows; i++) {
            out_rows[i] = out + (y + i) * w->out_width * layer->in_channels * layer->channel_multiplier;
            tg_window_rows(w, in, w->in_width * layer->in_channels, layer->pad_row, y + i,
                           rows + i * w->stride_height);
        }
        compute_block(&block, rows, plane_bytes_of(layer));
    }
}
