/* Windows of tg_conv2d_runs_dsp.h, wherever they begin.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_FEW_WINDOWS_H
#define TG_FEW_WINDOWS_H

#include "tg_conv2d_runs_dsp.h"

TG_EXTERN_C_BEGIN

/* All channels of 2 * pairs windows, which begin at in[windows[i]]; from the outputs of one to those of the next are
 * `channels` bytes. `pairs` is 1 or more. Without the clamps. */
void tg_few_windows(const struct tg_few_windows_dsp *layer, const int8_t *in, int8_t *out, int32_t pairs,
                    const uint16_t *windows, int32_t channels);

/* The same for 4 * fours windows of channels that go alone: there are some, and no others. */
void tg_few_windows_by_fours(const struct tg_few_windows_dsp *layer, const int8_t *in, int8_t *out, int32_t fours,
                             const uint16_t *windows, int32_t channels);

TG_EXTERN_C_END

#endif
