/* Cropping. See tg_crop.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_copy_words.h"
#include "tg_crop.h"

/* Copies from the front to the back, as the output may lie over the input, at or below what is read. */
static void move_down(int8_t *to, const int8_t *from, int32_t size)
{
    if (((uintptr_t)to | (uintptr_t)from) % TG_WORD_BYTES == 0) {
        for (; size >= TG_WORD_BYTES; size -= TG_WORD_BYTES) {
            uint32_t word;

            memcpy(&word, TG_AT_WORD(from), TG_WORD_BYTES);
            memcpy(TG_AT_WORD(to), &word, TG_WORD_BYTES);
            to += TG_WORD_BYTES;
            from += TG_WORD_BYTES;
        }
    }
    for (; size > 0; size--) {
        *to++ = *from++;
    }
}

TG_KERNEL void tg_crop_s8(const struct tg_crop *layer, const int8_t *in, int8_t *out)
{
    const int32_t *n = layer->shape;
    const int32_t *steps = layer->steps;

    in += layer->first;
    for (int32_t i = 0; i < n[0]; i++) {
        for (int32_t j = 0; j < n[1]; j++) {
            const int8_t *from = in + i * steps[0] + j * steps[1];

            for (int32_t k = 0; k < n[2]; k++) {
                move_down(out, from, n[3]);
                from += steps[2];
                out += n[3];
            }
        }
    }
}
