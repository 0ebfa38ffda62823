/* Clips every value. See tg_unary_mve.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_mve_bytes.h"
#include "tg_mve_clamp.h"
#include "tg_unary_mve.h"

TG_KERNEL void tg_clip_s8_mve(const struct tg_clip *layer, const int8_t *in, int8_t *out)
{
    if (out != in) {
        (void)tg_mve_copy(out, in, layer->size);
    }
    tg_mve_clamp(out, layer->size, layer->low, layer->high);
}
