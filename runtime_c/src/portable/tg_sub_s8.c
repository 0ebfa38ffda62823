/* Elementwise difference, TFLite Micro's arithmetic. See tg_sub.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_sub_core.h"

TG_KERNEL void tg_sub_s8(const struct tg_sub *layer, const int8_t *a, const int8_t *b, int8_t *out)
{
    tg_pairs_run(&layer->constants, layer->size, a, 1, b, 1, out);
}
