/* From the sums of a block of outputs to int8. Formulas and overflow: tg_requantize.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_REQUANTIZE_S8_H
#define TG_REQUANTIZE_S8_H

#include "tg_common.h"
#include "tg_requantize.h"

TG_EXTERN_C_BEGIN

/* out[p * pixel_step + i] from sums[i * pixels + p], for i in [0, channels) and p in [0, pixels); sums[0] belongs to
 * channel `channel` of the layer. */
void tg_requantize_s8(const struct tg_requantization *r, int32_t channel, int32_t channels,
                      const int32_t *sums, int32_t pixels, int8_t *out, int32_t pixel_step);

TG_EXTERN_C_END

#endif
