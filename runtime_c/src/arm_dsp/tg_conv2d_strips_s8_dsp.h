/* For kernels that call those of tg_conv2d_strips_s8_dsp.c.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_STRIPS_S8_DSP_H
#define TG_CONV2D_STRIPS_S8_DSP_H

#include "tg_conv2d_strips_dsp.h"

#endif
