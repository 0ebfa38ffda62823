/* For kernels that call those of tg_fully_connected_s8_dsp.c.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_FULLY_CONNECTED_S8_DSP_H
#define TG_FULLY_CONNECTED_S8_DSP_H

#include "tg_fully_connected_dsp.h"

/* The accumulators of one row. `acc` has room for those of whole blocks of eight. */
void tg_fully_connected_sums_dsp(const struct tg_fully_connected_dsp *layer, const int8_t *in, int32_t *acc,
                                 void *scratch);

#endif
