/* For kernels that call tg_conv2d_1x1_s8_dsp: its source comes with this header.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_1X1_S8_DSP_H
#define TG_CONV2D_1X1_S8_DSP_H

#include "tg_conv2d_1x1_dsp.h"

#endif
