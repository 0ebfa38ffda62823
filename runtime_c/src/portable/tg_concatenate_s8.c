/* Copies one input of a concatenation into the output. See tg_concatenate.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_concatenate.h"

TG_KERNEL void tg_concatenate_s8(const struct tg_concatenate *layer, const int8_t *in, int8_t *out)
{
    out += layer->offset;
    for (int32_t block = 0; block < layer->blocks; block++) {
        memcpy(out, in, (size_t)layer->size);
        in += layer->size;
        out += layer->out_step;
    }
}
