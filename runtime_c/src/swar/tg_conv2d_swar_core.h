/* The convolution for any number of pairs of pixels in a pass. See tg_conv2d_swar.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_SWAR_CORE_H
#define TG_CONV2D_SWAR_CORE_H

#include "tg_conv2d_swar.h"
#include "tg_fixedpoint.h"
#include "tg_swar.h"
#include "tg_swar_finish.h"

/* What the cores bring: all channels of some pairs of pixels, whose number is in `pairs`, and their words. */
struct tg_swar_core {
    void (*run_pass)(const struct tg_swar_pass *pass);
    void (*pack)(const struct tg_swar_runs *runs, const uint16_t *places, uint8_t *words);
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

/* Where the window of a pixel begins. */
struct tg_swar_place {
    int32_t y;      /* of the output */
    int32_t column; /* in a row of the input, in bytes; in padding below 0 */
};

/* A pixel of the output. */
struct tg_swar_pixel {
    struct tg_swar_place place;
    int32_t x;
    int8_t *out;
};

/* Columns of windows, in bytes. */
struct tg_swar_windows {
    int32_t first;             /* of the first window of a row */
    int32_t step;              /* to the next window */
    int32_t last;              /* of the last window that reaches over no edge; below 0 if none does */
    int32_t tap;               /* to the next tap */
    int32_t row_bytes;         /* of the input */
    int8_t *padding;           /* room for a run of each pixel, or a cell of padding */
    struct tg_swar_runs whole; /* a row of such windows: cells that lie side by side are one */
};

TG_INLINE void tg_swar_start_windows(const struct tg_conv2d_swar *layer, int8_t *padding,
                                     struct tg_swar_windows *windows)
{
    const struct tg_window *w = &layer->window;
    const int32_t extent = (w->kernel_width - 1) * w->dilation_width + 1;
    const int32_t is_run = w->kernel_width == 1 || (w->dilation_width == 1 && layer->groups == 1);

    windows->first = -w->pad_left * layer->in_channels;
    windows->step = w->stride_width * layer->in_channels;
    windows->last = (w->in_width - extent) * layer->in_channels;
    windows->tap = w->dilation_width * layer->in_channels;
    windows->row_bytes = w->in_width * layer->in_channels;
    windows->padding = padding;
    windows->whole.count = is_run ? w->kernel_width * layer->group_channels : layer->group_channels;
    windows->whole.cells = is_run ? 1 : w->kernel_width;
    windows->whole.skip = windows->tap - layer->group_channels;
    if (!is_run && (w->pad_left > 0 || w->pad_right > 0)) {
        memset(padding, layer->in_zero_point, (size_t)layer->group_channels);
    }
}

/* Input row `index`, counted from the first one that output row 0 reads. */
TG_INLINE const int8_t *tg_swar_in_row(const struct tg_conv2d_swar *layer, const struct tg_swar_image *image,
                                       int32_t row_bytes, int32_t index)
{
    const int32_t y = index - layer->window.pad_top;

    if (image->in_rows != 0) {
        return image->in_rows[index] + image->in_offset;
    }
    return y >= 0 && y < layer->window.in_height ? image->in + y * row_bytes : layer->pad_row;
}

/* The same row of the windows of `count` pixels: where each of them begins, or with a mask of 0 where the row does. */
TG_INLINE void tg_swar_find_runs(const struct tg_conv2d_swar *layer, const struct tg_swar_image *image,
                                 struct tg_swar_windows *windows, const struct tg_swar_place *pixels, int32_t row,
                                 int32_t count, uint32_t mask)
{
    const int32_t stride = layer->window.stride_height;
    const int8_t *from = tg_swar_in_row(layer, image, windows->row_bytes, pixels[0].y * stride + row);

    windows->whole.from[0] = from + ((uint32_t)pixels[0].column & mask);
    for (int32_t i = 1; i < count; i++) {
        if (pixels[i].y != pixels[i - 1].y) {
            from = tg_swar_in_row(layer, image, windows->row_bytes, pixels[i].y * stride + row);
        }
        windows->whole.from[i] = from + ((uint32_t)pixels[i].column & mask);
    }
}

/* From rows to runs of these pixels: those that reach over an edge are copies with padding. */
static TG_NOINLINE void tg_swar_pad_runs(const struct tg_conv2d_swar *layer, struct tg_swar_windows *windows,
                                         const struct tg_swar_place *pixels, int32_t count)
{
    const int32_t bytes = windows->whole.count;
    int8_t *room = windows->padding;

    for (int32_t i = 0; i < count; i++) {
        const int8_t *const row = windows->whole.from[i];
        const int32_t column = pixels[i].column;

        if (column >= 0 && column <= windows->last) {
            windows->whole.from[i] = row + column;
        } else {
            const int32_t start = tg_clamp(-column, 0, bytes);
            const int32_t end = tg_clamp(windows->row_bytes - column, 0, bytes);

            memset(room, layer->in_zero_point, (size_t)bytes);
            if (end > start) {
                memcpy(room + start, row + (column + start), (size_t)(end - start));
            }
            windows->whole.from[i] = room;
        }
        room += bytes;
    }
}

/* The words of that row tap by tap, where windows reach over an edge and their cells lie apart. */
static TG_NOINLINE void tg_swar_gather_taps(const struct tg_conv2d_swar *layer,
                                            const struct tg_swar_windows *windows,
                                            const struct tg_swar_place *pixels, const uint16_t *places,
                                            uint8_t *words, struct tg_swar_core core)
{
    struct tg_swar_runs tap;
    int32_t at = 0;

    tap.count = layer->group_channels;
    tap.cells = 1;
    for (int32_t left = layer->window.kernel_width; left > 0; left--) {
        for (int32_t i = 0; i < 2 * core.pairs; i++) {
            const int32_t column = pixels[i].column + at;
            const int32_t is_inside = column >= 0 && column < windows->row_bytes;

            tap.from[i] = is_inside ? windows->whole.from[i] + column : windows->padding;
        }
        core.pack(&tap, places, words);
        places += tap.count;
        at += windows->tap;
    }
}

/* The words of the windows of these pixels. */
TG_INLINE void tg_swar_gather(const struct tg_conv2d_swar *layer, const struct tg_swar_image *image,
                              struct tg_swar_windows *windows, const struct tg_swar_place *pixels, uint8_t *words,
                              struct tg_swar_core core)
{
    const struct tg_window *w = &layer->window;
    const int32_t end = w->kernel_height * w->dilation_height;
    const int32_t inputs = w->kernel_width * layer->group_channels;
    const uint16_t *places = image->places;
    uint32_t inside = ~0u; /* 0 where a window reaches over an edge */

    for (int32_t i = 0; i < 2 * core.pairs; i++) {
        if (pixels[i].column < 0 || pixels[i].column > windows->last) {
            inside = 0;
        }
    }
    for (int32_t row = 0; row < end; row += w->dilation_height) {
        tg_swar_find_runs(layer, image, windows, pixels, row, 2 * core.pairs, inside);
        if (inside == 0 && windows->whole.cells > 1) {
            tg_swar_gather_taps(layer, windows, pixels, places, words, core);
        } else {
            if (inside == 0) {
                tg_swar_pad_runs(layer, windows, pixels, 2 * core.pairs);
            }
            core.pack(&windows->whole, places, words);
        }
        places += inputs;
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

TG_INLINE void tg_swar_next_pixel(const struct tg_conv2d_swar *layer, const struct tg_swar_image *image,
                                  struct tg_swar_windows *windows, struct tg_swar_pixel *pixel)
{
    pixel->x++;
    pixel->place.column += windows->step;
    pixel->out += layer->out_step;
    if (pixel->x == layer->window.out_width) {
        pixel->x = 0;
        pixel->place.y++;
        pixel->place.column = windows->first;
        if (image->out_rows != 0) {
            pixel->out = image->out_rows[pixel->place.y] + image->out_offset;
        }
    }
}

/* A group's channels of the pixels of row_count rows. The last pixel fills up the last pass: it is computed again. */
TG_INLINE void tg_swar_run_group(const struct tg_conv2d_swar *layer, const struct tg_swar_image *image,
                                 struct tg_swar_windows *windows, int32_t row_count,
                                 struct tg_swar_pass *pass, uint8_t *words, struct tg_swar_core core)
{
    int32_t left = row_count * layer->window.out_width;
    struct tg_swar_place pixels[2 * TG_SWAR_MAX_PAIRS];
    struct tg_swar_pixel pixel;

    pixel.place.y = 0;
    pixel.place.column = windows->first;
    pixel.x = 0;
    pixel.out = image->out_rows != 0 ? image->out_rows[0] + image->out_offset : image->out;
    while (left > 0) {
        for (int32_t i = 0; i < 2 * core.pairs; i++) {
            pixels[i] = pixel.place;
            pass->out[i] = pixel.out;
            left--;
            if (left > 0) {
                tg_swar_next_pixel(layer, image, windows, &pixel);
            }
        }
        tg_swar_gather(layer, image, windows, pixels, words, core);
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
    struct tg_swar_output output = layer->output;
    struct tg_swar_windows windows;
    struct tg_swar_pass pass;

    tg_swar_start_windows(layer, (int8_t *)(words + inputs * core.pairs), &windows);
    tg_swar_start_pass(layer, &pass, words, core.pairs);
    pass.output = &output;
    image.places = layer->places;
    for (int32_t group = 0; group < layer->groups; group++) {
        tg_swar_run_group(layer, &image, &windows, row_count, &pass, (uint8_t *)words, core);
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
