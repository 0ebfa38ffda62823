/* For kernels that call tg_fully_connected_s8_dsp: its source comes with this header.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_FULLY_CONNECTED_S8_DSP_H
#define TG_FULLY_CONNECTED_S8_DSP_H

#include "tg_fully_connected_dsp.h"

#endif
