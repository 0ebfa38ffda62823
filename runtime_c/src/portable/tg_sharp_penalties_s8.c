/* See tg_gaussian.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#define TG_VALUE int8_t
#include "tg_sharp_penalties_core.h"

TG_KERNEL void tg_sharp_penalties_s8(const struct tg_sharp_penalties *layer, const int32_t *scores,
                                     const int8_t *in, int32_t *out)
{
    tg_sharp_penalties_of(layer, scores, in, out);
}
