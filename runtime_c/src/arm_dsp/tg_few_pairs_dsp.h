/* Pairs of pixels of tg_conv2d_1x1_direct_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_FEW_PAIRS_DSP_H
#define TG_FEW_PAIRS_DSP_H

#include "tg_fully_connected_few_dsp.h"

TG_EXTERN_C_BEGIN

/* `pairs` is 1 or more; pixels lie `step` bytes apart, their outputs `channels`. The form is no rule; the clamps are
 * left out. */
void tg_few_pairs_dsp(const struct tg_fully_connected_few_dsp *layer, const int8_t *in, int8_t *out, int32_t pairs,
                      int32_t step, int32_t channels);

TG_EXTERN_C_END

#endif
