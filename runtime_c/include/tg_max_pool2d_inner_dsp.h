/* Maximum pooling without padding, int8, for the DSP extension: four channels of a cell are a word. Rule P2 of
 * ARITHMETIC.md; see tg_pool2d.h, whose struct it takes.
 *
 * No activation, four channels or more, up to 8 rows of a window. Where the channels are no multiple of four, the last
 * four overlap those before them.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MAX_POOL2D_INNER_DSP_H
#define TG_MAX_POOL2D_INNER_DSP_H

#include "tg_pool2d.h"

TG_EXTERN_C_BEGIN

/* Computes the whole output. */
void tg_max_pool2d_inner_s8_dsp(const struct tg_pool2d *layer, const int8_t *in, int8_t *out);

/* Computes row_count output rows out[0 .. row_count) from input rows (tg_rows.h). */
void tg_max_pool2d_inner_s8_dsp_rows(const struct tg_pool2d *layer, const int8_t *const *rows, int8_t *const *out,
                                     int32_t row_count);

TG_EXTERN_C_END

#endif
