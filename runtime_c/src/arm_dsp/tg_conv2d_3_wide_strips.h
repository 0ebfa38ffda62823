/* Convolution with kernels three columns wide, a strip of a row at a time (tg_conv2d_3_wide_dsp.h).
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_3_WIDE_STRIPS_H
#define TG_CONV2D_3_WIDE_STRIPS_H

#include "tg_conv2d_3_wide.h"

/* Computes the whole output; scratch hands over the hot loop. */
void tg_conv2d_3_wide_strips_whole(const struct tg_conv2d_3_wide_dsp *layer, const int8_t *in, int8_t *out,
                                   void *scratch);

/* Computes row_count output rows. */
void tg_conv2d_3_wide_strips_rows(const struct tg_conv2d_3_wide_dsp *layer, const int8_t *const *rows,
                                  int8_t *const *out, int32_t row_count, void *scratch);

#endif
