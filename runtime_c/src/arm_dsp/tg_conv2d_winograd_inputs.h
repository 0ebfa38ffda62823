/* The first half of the Winograd convolution of tg_conv2d_winograd_dsp.h: transformed inputs of a row of tiles.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_WINOGRAD_INPUTS_H
#define TG_CONV2D_WINOGRAD_INPUTS_H

#include "tg_conv2d_winograd_dsp.h"

#define TG_WINOGRAD_TILE 4     /* outputs of a tile along each axis */
#define TG_WINOGRAD_INPUTS 6   /* inputs of a tile along each axis */
#define TG_WINOGRAD_POSITIONS 36

/* Words of transformed inputs of a pair of tiles for a step: two input channels, all positions, two tiles. */
#define TG_WINOGRAD_STEP_WORDS 72

/* Where inputs come from and outputs go to: a whole tensor each, or an array of rows each (tg_rows.h). */
struct tg_winograd_image {
    const int8_t *in;
    int8_t *out;
    const int8_t *const *in_rows; /* NULL: a whole tensor */
    int8_t *const *out_rows;
    int32_t row_count;
    const int8_t *pad_row; /* zero points */
};

/* Pairs of tiles side by side: tile row and pair are counted from the first ones of the image. */
struct tg_winograd_tiles {
    int32_t row;
    int32_t pair;
    int32_t pairs;
};

/* Steps of two input channels. */
TG_INLINE int32_t tg_winograd_steps(const struct tg_conv2d_winograd_dsp *layer)
{
    return (layer->in_channels + 3) / 4 * 2;
}

/* Writes B x B' of the tiles: x [pairs][steps][36 positions][2 tiles], words of two int16.
 * `work` holds 12 words for each of 8 * pairs + 2 columns. */
void tg_conv2d_winograd_inputs(const struct tg_conv2d_winograd_dsp *layer, const struct tg_winograd_image *image,
                               const struct tg_winograd_tiles *tiles, uint32_t *x, uint32_t *work);

#endif
