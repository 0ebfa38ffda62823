/* Transformed weights at run time, for the Winograd convolution of tg_conv2d_winograd_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_WINOGRAD_WEIGHTS_H
#define TG_CONV2D_WINOGRAD_WEIGHTS_H

#include "tg_common.h"

/* Room between the two transforms: two input channels, four output channels. */
#define TG_WINOGRAD_WEIGHTS_WORK_WORDS 72

/* Writes G w G' of four output channels: u [36 positions][steps][4 channels], words of two int16, from compact weights
 * [steps / 2][4 channels][9 taps], words of four int8. `work` holds TG_WINOGRAD_WEIGHTS_WORK_WORDS. */
void tg_conv2d_winograd_weights(const uint32_t *compact, uint32_t *u, int32_t steps, uint32_t *work);

#endif
