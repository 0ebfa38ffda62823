/* The inner function of the kernel, which others share.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_3X3_STRIDE2_S8_DSP_H
#define TG_DEPTHWISE_3X3_STRIDE2_S8_DSP_H

#include "tg_planes.h"

void tg_depthwise_3x3_stride2_compute_dsp(struct tg_planes_task *task);

#endif
