/* The convolution for any number of pairs of pixels in a pass. See tg_conv2d_swar.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_SWAR_CORE_H
#define TG_CONV2D_SWAR_CORE_H

#include "tg_conv2d_swar.h"
#include "tg_fixedpoint.h"
#include "tg_swar.h"
#include "tg_swar_finish.h"

#define TG_SWAR_MAX_PIXELS (2 * TG_SWAR_MAX_PAIRS)

/* What the cores bring: all channels of some pairs of pixels, whose number is in `pairs`, and their words. */
struct tg_swar_core {
    void (*run_pass)(const struct tg_swar_pass *pass);
    void (*pack)(const int8_t *const *runs, int32_t count, const uint16_t *places, uint8_t *words);
    int32_t pairs;
};

/* A whole tensor, or rows by their pointers. */
struct tg_swar_image {
    const int8_t *const *in_rows; /* null for a whole tensor */
    int8_t *const *out_rows;
    const int8_t *in;
    int8_t *out;
    int32_t in_offset;  /* the first channel of the group, and of its output, where rows are given: */
    int32_t out_offset; /* otherwise `in` and `out` are there */
    const uint16_t *places; /* of the group */
};

/* Where a pixel of the output reads and writes. */
struct tg_swar_pixel {
    int32_t y;
    int32_t x;
};

/* Input row `index`, counted from the first one that output row 0 reads. */
TG_INLINE const int8_t *tg_swar_in_row(const struct tg_conv2d_swar *layer, const struct tg_swar_image *image,
                                       int32_t index)
{
    const struct tg_window *w = &layer->window;
    const int32_t y = index - w->pad_top;

    if (image->in_rows != 0) {
        return image->in_rows[index] + image->in_offset;
    }
    return y >= 0 && y < w->in_height ? image->in + y * w->in_width * layer->in_channels : layer->pad_row;
}

TG_INLINE int8_t *tg_swar_out_pixel(const struct tg_conv2d_swar *layer, const struct tg_swar_image *image,
                                    struct tg_swar_pixel pixel)
{
    if (image->out_rows != 0) {
        return image->out_rows[pixel.y] + pixel.x * layer->out_channels + image->out_offset;
    }
    return image->out + (pixel.y * layer->window.out_width + pixel.x) * layer->out_channels;
}

/* `taps` cells from column x on, side by side; where one is padding, as a copy in `room`. */
static TG_NOINLINE const int8_t *tg_swar_padded_run(const struct tg_conv2d_swar *layer, const int8_t *row,
                                                    int32_t x, int32_t taps, int8_t *room)
{
    const int32_t channels = layer->group_channels;
    int8_t *to = room;

    for (int32_t end = x + taps; x < end; x++) {
        if (x >= 0 && x < layer->window.in_width) {
            memcpy(to, row + x * layer->in_channels, (size_t)channels);
        } else {
            memset(to, layer->in_zero_point, (size_t)channels);
        }
        to += channels;
    }
    return room;
}

TG_INLINE const int8_t *tg_swar_run(const struct tg_conv2d_swar *layer, const int8_t *row, int32_t x,
                                    int32_t taps, int8_t *room)
{
    if (x >= 0 && x + taps <= layer->window.in_width) {
        return row + x * layer->in_channels;
    }
    return tg_swar_padded_run(layer, row, x, taps, room);
}

/* The words of the pixels of a pass under a kernel of one cell without padding. */
TG_INLINE void tg_swar_gather_cells(const struct tg_conv2d_swar *layer, const struct tg_swar_image *image,
                                    const struct tg_swar_pixel *pixels, uint8_t *words,
                                    struct tg_swar_core core)
{
    const struct tg_window *w = &layer->window;
    const int32_t step = w->stride_width * layer->in_channels;
    const int8_t *runs[TG_SWAR_MAX_PIXELS];

    for (int32_t i = 0; i < 2 * core.pairs; i++) {
        runs[i] = tg_swar_in_row(layer, image, pixels[i].y * w->stride_height) + pixels[i].x * step;
    }
    core.pack(runs, layer->group_channels, image->places, words);
}

/* The words of the windows of these pixels. `room` holds a run for each of them. */
TG_INLINE void tg_swar_gather(const struct tg_conv2d_swar *layer, const struct tg_swar_image *image,
                              const struct tg_swar_pixel *pixels, uint8_t *words, int8_t *room,
                              struct tg_swar_core core)
{
    const struct tg_window *w = &layer->window;
    const int32_t is_run = w->dilation_width == 1 && layer->groups == 1; /* cells side by side */
    const int32_t taps = is_run ? w->kernel_width : 1;
    const int32_t step = is_run ? w->kernel_width : w->dilation_width;
    const int32_t extent = (w->kernel_width - 1) * w->dilation_width + 1;
    const int32_t count = taps * layer->group_channels;
    const uint16_t *places = image->places;
    const int8_t *runs[TG_SWAR_MAX_PIXELS];

    if (extent == 1 && w->kernel_height == 1 && w->pad_left == 0 && w->pad_right == 0) {
        tg_swar_gather_cells(layer, image, pixels, words, core);
        return;
    }
    for (int32_t ky = 0; ky < w->kernel_height; ky++) {
        for (int32_t kx = 0; kx < extent; kx += step) {
            const int8_t *row = 0;

            for (int32_t i = 0; i < 2 * core.pairs; i++) {
                const int32_t x = pixels[i].x * w->stride_width - w->pad_left + kx;

                if (i == 0 || pixels[i].y != pixels[i - 1].y) {
                    const int32_t y = pixels[i].y * w->stride_height + ky * w->dilation_height;

                    row = tg_swar_in_row(layer, image, y);
                }
                runs[i] = tg_swar_run(layer, row, x, taps, room + i * count);
            }
            core.pack(runs, count, places, words);
            places += count;
        }
    }
}

TG_INLINE void tg_swar_start_pass(const struct tg_conv2d_swar *layer, struct tg_swar_pass *pass,
                                  uint32_t *words, int32_t pairs)
{
    const int32_t inputs = layer->block * layer->blocks;

    pass->words = words;
    pass->weights = layer->weights;
    pass->channel_count = layer->out_channels / layer->groups;
    pass->block = layer->block;
    pass->blocks = layer->blocks;
    /* words that belong to no input have zero weights */
    memset(words, 0, (size_t)(inputs * pairs) * sizeof *words);
}

TG_INLINE struct tg_swar_pixel tg_swar_next_pixel(const struct tg_conv2d_swar *layer,
                                                  struct tg_swar_pixel pixel)
{
    pixel.x++;
    if (pixel.x == layer->window.out_width) {
        pixel.x = 0;
        pixel.y++;
    }
    return pixel;
}

/* A group's channels of the pixels of row_count rows. The last pixel fills up the last pass: it is computed again. */
TG_INLINE void tg_swar_run_group(const struct tg_conv2d_swar *layer, const struct tg_swar_image *image,
                                 int32_t row_count, struct tg_swar_pass *pass, uint8_t *words, int8_t *room,
                                 struct tg_swar_core core)
{
    int32_t left = row_count * layer->window.out_width;
    struct tg_swar_pixel pixels[TG_SWAR_MAX_PIXELS];
    struct tg_swar_pixel pixel = {0, 0};

    while (left > 0) {
        for (int32_t i = 0; i < 2 * core.pairs; i++) {
            pixels[i] = pixel;
            pass->out[i] = tg_swar_out_pixel(layer, image, pixel);
            left--;
            if (left > 0) {
                pixel = tg_swar_next_pixel(layer, pixel);
            }
        }
        tg_swar_gather(layer, image, pixels, words, room, core);
        core.run_pass(pass);
        if (layer->output.clamps) {
            for (int32_t i = 0; i < 2 * core.pairs; i++) {
                tg_swar_clamp(&layer->output, pass->out[i], pass->channel_count);
            }
        }
    }
}

/* Output rows 0 .. row_count. */
TG_INLINE void tg_conv2d_swar_image(const struct tg_conv2d_swar *layer, struct tg_swar_image image,
                                    int32_t row_count, void *scratch, struct tg_swar_core core)
{
    const int32_t inputs = layer->block * layer->blocks;
    uint32_t *const words = (uint32_t *)scratch;
    int8_t *const room = (int8_t *)(words + inputs * core.pairs);
    struct tg_swar_output output = layer->output;
    struct tg_swar_pass pass;

    tg_swar_start_pass(layer, &pass, words, core.pairs);
    pass.output = &output;
    image.places = layer->places;
    for (int32_t group = 0; group < layer->groups; group++) {
        tg_swar_run_group(layer, &image, row_count, &pass, (uint8_t *)words, room, core);
        if (image.in_rows != 0) {
            image.in_offset += layer->group_channels;
            image.out_offset += pass.channel_count;
        } else {
            image.in += layer->group_channels;
            image.out += pass.channel_count;
        }
        image.places += layer->window.kernel_height * layer->window.kernel_width * layer->group_channels;
        pass.weights += (pass.channel_count + TG_SWAR_CHANNELS - 1) / TG_SWAR_CHANNELS * TG_SWAR_CHANNELS * inputs;
        output.channels += pass.channel_count * tg_swar_channel_words(&output);
    }
}

#endif
