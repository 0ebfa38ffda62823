/* Sums of int8 over cells, for the DSP extension: four neighbouring channels at a time.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CELL_SUMS_H
#define TG_CELL_SUMS_H

#include "tg_common.h"

/* Adds `count` cells of four channels to sums[4]; `step` bytes lie between two cells. 0 or more cells, any alignment. */
void tg_cell_sums_dsp(int32_t *sums, const int8_t *x, int32_t count, int32_t step);

#endif
