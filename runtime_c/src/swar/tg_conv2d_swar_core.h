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

typedef void tg_swar_pass_function(const struct tg_swar_pass *pass);

/* A whole tensor, or rows by their pointers. */
struct tg_swar_image {
    const int8_t *const *in_rows; /* null for a whole tensor */
    int8_t *const *out_rows;
    const int8_t *in;
    int8_t *out;
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
        return image->in_rows[index];
    }
    return y >= 0 && y < w->in_height ? image->in + y * w->in_width * layer->in_channels : layer->pad_row;
}

TG_INLINE int8_t *tg_swar_out_pixel(const struct tg_conv2d_swar *layer, const struct tg_swar_image *image,
                                    struct tg_swar_pixel pixel)
{
    if (image->out_rows != 0) {
        return image->out_rows[pixel.y] + pixel.x * layer->out_channels;
    }
    return image->out + (pixel.y * layer->window.out_width + pixel.x) * layer->out_channels;
}

/* `taps` cells from column x on, side by side; where one is padding, as a copy in `room`. */
static TG_NOINLINE const int8_t *tg_swar_padded_run(const struct tg_conv2d_swar *layer, const int8_t *row,
                                                    int32_t x, int32_t taps, int8_t *room)
{
    const int32_t channels = layer->in_channels;
    int8_t *to = room;

    for (int32_t end = x + taps; x < end; x++) {
        if (x >= 0 && x < layer->window.in_width) {
            memcpy(to, row + x * channels, (size_t)channels);
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

TG_INLINE void tg_swar_put(uint8_t *words, int32_t place, int32_t pair, int32_t low, int32_t high)
{
    const uint32_t word = (uint32_t)low + ((uint32_t)high << 16);

    memcpy(words + place + 4 * pair, &word, sizeof word);
}

/* `count` inputs of one pair of pixels. */
static TG_NOINLINE void tg_swar_pack_pair(const int8_t *const *runs, int32_t count, const uint16_t *places,
                                          uint8_t *words)
{
    const int8_t *a = runs[0];
    const int8_t *b = runs[1];

    for (; count >= 4; count -= 4) {
        tg_swar_put(words, places[0], 0, a[0], b[0]);
        tg_swar_put(words, places[1], 0, a[1], b[1]);
        tg_swar_put(words, places[2], 0, a[2], b[2]);
        tg_swar_put(words, places[3], 0, a[3], b[3]);
        places += 4;
        a += 4;
        b += 4;
    }
    for (; count > 0; count--) {
        tg_swar_put(words, *places++, 0, *a++, *b++);
    }
}

/* `count` inputs of two pairs. */
static TG_NOINLINE void tg_swar_pack_two_pairs(const int8_t *const *runs, int32_t count,
                                               const uint16_t *places, uint8_t *words)
{
    const int8_t *a = runs[0];
    const int8_t *b = runs[1];
    const int8_t *c = runs[2];
    const int8_t *d = runs[3];

    /* not unrolled: GCC would run out of registers */
    for (; count > 0; count--) {
        const int32_t place = 2 * *places++;

        tg_swar_put(words, place, 0, *a++, *b++);
        tg_swar_put(words, place, 1, *c++, *d++);
    }
}

TG_INLINE void tg_swar_pack(const int8_t *const *runs, int32_t count, const uint16_t *places, uint8_t *words,
                            int32_t pairs)
{
    if (pairs == 1) {
        tg_swar_pack_pair(runs, count, places, words);
    } else {
        tg_swar_pack_two_pairs(runs, count, places, words);
    }
}

/* The words of 2 * pairs pixels under a kernel of one cell without padding. */
TG_INLINE void tg_swar_gather_cells(const struct tg_conv2d_swar *layer, const struct tg_swar_image *image,
                                    const struct tg_swar_pixel *pixels, uint8_t *words, int32_t pairs)
{
    const struct tg_window *w = &layer->window;
    const int32_t step = w->stride_width * layer->in_channels;
    const int8_t *runs[TG_SWAR_MAX_PIXELS];

    for (int32_t i = 0; i < 2 * pairs; i++) {
        runs[i] = tg_swar_in_row(layer, image, pixels[i].y * w->stride_height) + pixels[i].x * step;
    }
    tg_swar_pack(runs, layer->in_channels, layer->places, words, pairs);
}

/* The words of the windows of 2 * pairs pixels. `room` holds a run for each of them. */
TG_INLINE void tg_swar_gather(const struct tg_conv2d_swar *layer, const struct tg_swar_image *image,
                              const struct tg_swar_pixel *pixels, uint8_t *words, int8_t *room, int32_t pairs)
{
    const struct tg_window *w = &layer->window;
    const int32_t taps = w->dilation_width == 1 ? w->kernel_width : 1;
    const int32_t step = w->dilation_width == 1 ? w->kernel_width : w->dilation_width;
    const int32_t extent = (w->kernel_width - 1) * w->dilation_width + 1;
    const int32_t count = taps * layer->in_channels;
    const uint16_t *places = layer->places;
    const int8_t *runs[TG_SWAR_MAX_PIXELS];

    if (extent == 1 && w->kernel_height == 1 && w->pad_left == 0 && w->pad_right == 0) {
        tg_swar_gather_cells(layer, image, pixels, words, pairs);
        return;
    }
    for (int32_t ky = 0; ky < w->kernel_height; ky++) {
        for (int32_t kx = 0; kx < extent; kx += step) {
            const int8_t *row = 0;

            for (int32_t i = 0; i < 2 * pairs; i++) {
                const int32_t x = pixels[i].x * w->stride_width - w->pad_left + kx;

                if (i == 0 || pixels[i].y != pixels[i - 1].y) {
                    const int32_t y = pixels[i].y * w->stride_height + ky * w->dilation_height;

                    row = tg_swar_in_row(layer, image, y);
                }
                runs[i] = tg_swar_run(layer, row, x, taps, room + i * count);
            }
            tg_swar_pack(runs, count, places, words, pairs);
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
    pass->output = &layer->output;
    pass->channel_count = layer->out_channels;
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

/* Output rows 0 .. row_count. The last pixel fills up the last pass: it is computed again. */
TG_INLINE void tg_conv2d_swar_image(const struct tg_conv2d_swar *layer, const struct tg_swar_image *image,
                                    int32_t row_count, void *scratch, int32_t pairs,
                                    tg_swar_pass_function *run_pass)
{
    uint32_t *const words = (uint32_t *)scratch;
    int8_t *const room = (int8_t *)(words + layer->block * layer->blocks * pairs);
    int32_t left = row_count * layer->window.out_width;
    struct tg_swar_pixel pixels[TG_SWAR_MAX_PIXELS];
    struct tg_swar_pixel pixel = {0, 0};
    struct tg_swar_pass pass;

    tg_swar_start_pass(layer, &pass, words, pairs);
    while (left > 0) {
        for (int32_t i = 0; i < 2 * pairs; i++) {
            pixels[i] = pixel;
            pass.out[i] = tg_swar_out_pixel(layer, image, pixel);
            left--;
            if (left > 0) {
                pixel = tg_swar_next_pixel(layer, pixel);
            }
        }
        tg_swar_gather(layer, image, pixels, (uint8_t *)words, room, pairs);
        run_pass(&pass);
        if (layer->output.clamps) {
            for (int32_t i = 0; i < 2 * pairs; i++) {
                tg_swar_clamp(&layer->output, pass.out[i], layer->out_channels);
            }
        }
    }
}

#endif
