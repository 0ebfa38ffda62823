/* Copies one input of a concatenation into the output. See tg_concatenate.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_concatenate.h"
#include "tg_copy_words.h"

TG_KERNEL void tg_concatenate_s8(const struct tg_concatenate *layer, const int8_t *in, int8_t *out)
{
    const int32_t size = layer->size;
    const int32_t step = layer->out_step;

    out += layer->offset;
    if (((uintptr_t)in | (uintptr_t)out | (uintptr_t)size | (uintptr_t)step) % TG_WORD_BYTES == 0) {
        for (int32_t left = layer->blocks; left > 0; left--) {
            tg_copy_words(out, in, size);
            in += size;
            out += step;
        }
        return;
    }
    for (int32_t left = layer->blocks; left > 0; left--) {
        memcpy(out, in, (size_t)size);
        in += size;
        out += step;
    }
}
