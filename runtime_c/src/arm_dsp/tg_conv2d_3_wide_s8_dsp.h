/* For kernels that share the hot loop of tg_conv2d_3_wide_s8_dsp.c.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_3_WIDE_S8_DSP_H
#define TG_CONV2D_3_WIDE_S8_DSP_H

#include "tg_conv2d_3_wide.h"

void tg_conv2d_3_wide_run_dsp(struct tg_pair_task *task);

#endif
