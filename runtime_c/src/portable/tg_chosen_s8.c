/* See tg_chosen.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_chosen.h"

TG_KERNEL void tg_chosen_s8(const struct tg_chosen *layer, const int8_t *in, int8_t *out)
{
    const int16_t *const end = layer->sources + layer->count;

    for (const int16_t *source = layer->sources; source != end; source++) {
        *out++ = in[*source];
    }
}
