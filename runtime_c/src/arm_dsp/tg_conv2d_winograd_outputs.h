/* The second half of the Winograd convolution of tg_conv2d_winograd_dsp.h: products, and outputs of a pair of tiles.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_WINOGRAD_OUTPUTS_H
#define TG_CONV2D_WINOGRAD_OUTPUTS_H

#include "tg_conv2d_winograd_inputs.h"

/* Words of sums: for each position two tiles and four channels; and of the finished outputs. */
#define TG_WINOGRAD_SUM_WORDS (TG_WINOGRAD_POSITIONS * 8)
#define TG_WINOGRAD_BLOCK_WORDS 32

/* Computes the four output channels from `channel` on for the pair of tiles `tile` (its `pairs` is not used).
 * u [36 positions][steps][4 channels] are transformed weights, x [steps][36][2] is the pair's transformed input.
 * `work` holds TG_WINOGRAD_SUM_WORDS + TG_WINOGRAD_BLOCK_WORDS words. */
void tg_conv2d_winograd_outputs(const struct tg_conv2d_winograd_dsp *layer, const struct tg_winograd_image *image,
                                const struct tg_winograd_tiles *tile, int32_t channel, const uint32_t *u,
                                const uint32_t *x, int32_t *work);

#endif
