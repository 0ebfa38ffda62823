/* Depthwise convolution with any window for Armv7-M cores without SIMD instructions. See tg_depthwise_runs.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_RUNS_V7M_H
#define TG_DEPTHWISE_RUNS_V7M_H

#include "tg_depthwise_runs.h"

TG_EXTERN_C_BEGIN

/* Computes the whole output. `scratch`: tinygen/kernels/depthwise_runs.py, 8-byte aligned. */
void tg_depthwise_conv2d_s8_v7m(const struct tg_depthwise_runs *layer, const int8_t *in, int8_t *out, void *scratch);

/* Computes row_count output rows out[0 .. row_count) from input rows (tg_rows.h). */
void tg_depthwise_conv2d_s8_v7m_rows(const struct tg_depthwise_runs *layer, const int8_t *const *rows,
                                     int8_t *const *out, int32_t row_count, void *scratch);

TG_EXTERN_C_END

#endif
