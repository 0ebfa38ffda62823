/* The Winograd convolution of tg_conv2d_winograd_dsp.h with weights that are transformed at run time.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_WINOGRAD_COMPACT_H
#define TG_CONV2D_WINOGRAD_COMPACT_H

#include "tg_conv2d_winograd_outputs.h"

void tg_conv2d_winograd_compact(const struct tg_conv2d_winograd_dsp *layer, const struct tg_winograd_image *image,
                                void *scratch, tg_winograd_outputs *outputs);

#endif
