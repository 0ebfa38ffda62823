/* Depthwise kernels in planes of two channels at a time, all lines at once: half the scratch of tg_planes.h. For whole
 * tensors in one tile, with as many output channels as input channels, two or more.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_PLANES_TWOS_H
#define TG_PLANES_TWOS_H

#include "tg_planes.h"

#define TG_PLANES_TWO 2

/* Computes all rows. `channel_words`: words of one output channel. */
void tg_planes_run_twos_dsp(const struct tg_depthwise_planes *layer, const int8_t *in, int8_t *out, void *scratch,
                            int32_t channel_words, tg_planes_compute *compute);

#endif
