/* Outputs of a Winograd convolution in few bytes of code, not for TG_WINOGRAD_SHIFTED: tg_winograd_outputs.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_WINOGRAD_SHORT_H
#define TG_CONV2D_WINOGRAD_SHORT_H

#include "tg_conv2d_winograd_outputs.h"

void tg_conv2d_winograd_short(const struct tg_conv2d_winograd_dsp *layer, const struct tg_winograd_image *image,
            const struct tg_winograd_tiles *tile, int32_t channel, const uint32_t *u, const uint32_t *x,
            int32_t *work);

#endif
