/* Pairs of input pixels for pointwise kernels, and where their outputs go.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DSP_PIXEL_PAIRS_H
#define TG_DSP_PIXEL_PAIRS_H

#include "tg_common.h"

/* Consecutive pairs. */
struct tg_pixel_pairs {
    const int8_t *pixel;
    int32_t step; /* bytes from pixel to pixel */
    int8_t *out;
    int32_t out_step; /* bytes from output to output */
    int32_t pairs;    /* 1 or more */
};

/* A walk over the pixels of an input that outputs read. */
struct tg_pixel_walk {
    const int8_t *at;
    int32_t step;      /* bytes to the next pixel of the row */
    int32_t row_step;  /* bytes from row to row */
    int32_t width;     /* pixels of a row */
    int32_t left;      /* of these */
    int32_t out_gap;   /* bytes from the end of a row's outputs to those of the next row */
    int32_t out_moved; /* of these since the first row */
};

static inline void tg_pixel_walk_on(struct tg_pixel_walk *walk, int32_t pixels)
{
    walk->at += pixels * walk->step;
    walk->left -= pixels;
    if (walk->left == 0) {
        walk->at += walk->row_step - walk->width * walk->step;
        walk->left = walk->width;
        walk->out_moved += walk->out_gap;
    }
}

/* Finds the next pairs, at most as many as `pixels` have, and walks on. Returns the pixels that they compute. */
static int32_t tg_next_pixel_pairs(struct tg_pixel_walk *walk, int32_t pixels, int32_t out_channels,
                                   struct tg_pixel_pairs *run)
{
    const int32_t within = pixels < walk->left ? pixels : walk->left;

    run->pairs = 1;
    run->out_step = out_channels;
    if (within >= 2) {
        run->pairs = within / 2;
        run->pixel = walk->at;
        run->step = walk->step;
        tg_pixel_walk_on(walk, 2 * run->pairs);
        return 2 * run->pairs;
    }
    run->pixel = walk->at;
    if (pixels == 1) { /* with itself */
        run->step = 0;
        run->out_step = 0;
        tg_pixel_walk_on(walk, 1);
        return 1;
    }
    /* the last of a row, and the first of the next */
    tg_pixel_walk_on(walk, 1);
    run->step = (int32_t)((intptr_t)walk->at - (intptr_t)run->pixel);
    run->out_step += walk->out_gap;
    tg_pixel_walk_on(walk, 1);
    return 2;
}

/* From the first pixel of the row that an output row reads. */
TG_INLINE struct tg_pixel_walk tg_pixel_walk_from(const struct tg_window *w, int32_t channels, const int8_t *row)
{
    const struct tg_pixel_walk walk = {row,
                                       w->stride_width * channels,
                                       w->stride_height * w->in_width * channels,
                                       w->out_width,
                                       w->out_width,
                                       0,
                                       0};

    return walk;
}

/* From the first pixel of a whole tensor: one long row where no pixel is left out. */
TG_INLINE struct tg_pixel_walk tg_pixel_walk_over(const struct tg_window *w, int32_t channels, const int8_t *in)
{
    struct tg_pixel_walk walk = tg_pixel_walk_from(w, channels, in);

    if (walk.row_step == walk.width * walk.step) {
        walk.row_step *= w->out_height;
        walk.width *= w->out_height;
        walk.left = walk.width;
    }
    return walk;
}

#endif
