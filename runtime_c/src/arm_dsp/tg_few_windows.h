/* Pairs of windows of tg_conv2d_runs_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_FEW_WINDOWS_H
#define TG_FEW_WINDOWS_H

#include "tg_conv2d_runs_dsp.h"

TG_EXTERN_C_BEGIN

/* `pairs` is 1 or more; windows lie `step` bytes apart, their outputs `channels`. Without the clamps. */
void tg_few_windows(const struct tg_few_windows_dsp *layer, const int8_t *in, int8_t *out, int32_t pairs,
                    int32_t step, int32_t channels);

TG_EXTERN_C_END

#endif
