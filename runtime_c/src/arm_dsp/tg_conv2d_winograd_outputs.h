/* The second half of the Winograd convolution of tg_conv2d_winograd_dsp.h: products, and outputs of a pair of tiles.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_WINOGRAD_OUTPUTS_H
#define TG_CONV2D_WINOGRAD_OUTPUTS_H

#include "tg_conv2d_winograd_inputs.h"

/* Words of sums: for each position two tiles and four channels; and of the finished outputs. */
#define TG_WINOGRAD_SUM_WORDS (TG_WINOGRAD_POSITIONS * 8)
#define TG_WINOGRAD_BLOCK_WORDS 32

/* Bytes of a row of finished outputs of a pair of tiles. */
#define TG_WINOGRAD_BLOCK_ROW 32

/* How they are computed. */
struct tg_winograd_method {
    /* Sums m [36 positions][2 tiles][4 channels] of products of x [steps][36][2] and u [36][steps][4]. */
    void (*multiply)(const uint32_t *x, const uint32_t *u, int32_t *m, int32_t steps);
    /* A m down the columns: m [6 rows][6 columns][8] becomes [4][6][8]. */
    void (*transform_columns)(int32_t *m);
    /* A m along the rows, for one tile of four channels, to bytes [4 rows of TG_WINOGRAD_BLOCK_ROW][4 columns][4]. */
    void (*finish)(const struct tg_conv2d_winograd_dsp *layer, int32_t *m, const int32_t *channels, int8_t *block);
};

/* A method with everything but itself. */
typedef void tg_winograd_outputs(const struct tg_conv2d_winograd_dsp *layer, const struct tg_winograd_image *image,
                                 const struct tg_winograd_tiles *tile, int32_t channel, const uint32_t *u,
                                 const uint32_t *x, int32_t *work);

/* Computes the four output channels from `channel` on for the pair of tiles `tile` (its `pairs` is not used).
 * u [36 positions][steps][4 channels] are transformed weights, x [steps][36][2] is the pair's transformed input.
 * `work` holds TG_WINOGRAD_SUM_WORDS + TG_WINOGRAD_BLOCK_WORDS words. */
void tg_conv2d_winograd_outputs(const struct tg_conv2d_winograd_dsp *layer, const struct tg_winograd_image *image,
                                const struct tg_winograd_tiles *tile, int32_t channel, const uint32_t *u,
                                const uint32_t *x, int32_t *work, const struct tg_winograd_method *method);

#endif
