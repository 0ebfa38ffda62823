/* Convolution by widened windows (tg_conv2d_dsp.h), with a hot loop to choose.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_WINDOWS_H
#define TG_CONV2D_WINDOWS_H

#include "tg_conv2d_dsp.h"
#include "tg_dsp_pair.h"
#include "tg_dsp_rows.h"

struct tg_conv2d_method {
    tg_pair_run *run;
    int32_t step_bytes; /* weights of a word of a window, for a block */
};

void tg_conv2d_windows(const struct tg_conv2d_dsp *layer, const int8_t *in, int8_t *out, void *scratch,
                       const struct tg_conv2d_method *method);

void tg_conv2d_windows_rows(const struct tg_conv2d_dsp *layer, const int8_t *const *rows, int8_t *const *out,
                            int32_t row_count, void *scratch, const struct tg_conv2d_method *method);

#endif
