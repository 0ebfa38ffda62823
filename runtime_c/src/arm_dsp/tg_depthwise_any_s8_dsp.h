/* The inner function of the kernel, which others share.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_ANY_S8_DSP_H
#define TG_DEPTHWISE_ANY_S8_DSP_H

#include "tg_planes.h"

/* Words behind the taps: start, multiplier, offset, sign, shift. */
#define TG_ANY_FACTOR_WORDS 5

void tg_depthwise_any_compute_dsp(struct tg_planes_task *task);

#endif
