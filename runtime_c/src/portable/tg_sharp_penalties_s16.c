/* See tg_gaussian.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#define TG_VALUE int16_t
#include "tg_sharp_penalties_core.h"

TG_KERNEL void tg_sharp_penalties_s16(const struct tg_sharp_penalties *layer, const int32_t *scores,
                                      const int16_t *in, int32_t *out)
{
    tg_sharp_penalties_of(layer, scores, in, out);
}
