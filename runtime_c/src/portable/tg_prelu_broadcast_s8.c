/* ReLU with slopes with broadcasting. See tg_prelu.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_prelu_core.h"

TG_KERNEL void tg_prelu_broadcast_s8(const struct tg_prelu_broadcast *layer, const int8_t *x, const int8_t *slope,
                                    int8_t *out)
{
    tg_pairs_repeated(&layer->broadcast, &layer->constants, x, slope, out);
}
