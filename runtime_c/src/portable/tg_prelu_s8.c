/* ReLU with slopes. See tg_prelu.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_prelu_core.h"

TG_KERNEL void tg_prelu_s8(const struct tg_prelu *layer, const int8_t *x, const int8_t *slope, int8_t *out)
{
    tg_pairs_run(&layer->constants, layer->size, x, 1, slope, 1, out);
}
