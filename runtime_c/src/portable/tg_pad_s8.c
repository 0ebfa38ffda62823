/* Padding. See tg_pad.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_pad.h"

/* Writes `size` cells of padding; returns where the output goes on. */
static int8_t *add_padding(const struct tg_pad *layer, int8_t *out, int32_t size)
{
    memset(out, layer->value, (size_t)size);
    return out + size;
}

TG_KERNEL void tg_pad_s8(const struct tg_pad *layer, const int8_t *in, int8_t *out)
{
    const int32_t *n = layer->shape;
    const int32_t *before = layer->before;
    const int32_t *after = layer->after;
    const int32_t row = before[3] + n[3] + after[3];
    const int32_t plane = (before[2] + n[2] + after[2]) * row;
    const int32_t block = (before[1] + n[1] + after[1]) * plane;

    out = add_padding(layer, out, before[0] * block);
    for (int32_t i = 0; i < n[0]; i++) {
        out = add_padding(layer, out, before[1] * plane);
        for (int32_t j = 0; j < n[1]; j++) {
            out = add_padding(layer, out, before[2] * row);
            for (int32_t k = 0; k < n[2]; k++) {
                out = add_padding(layer, out, before[3]);
                memcpy(out, in, (size_t)n[3]);
                in += n[3];
                out = add_padding(layer, out + n[3], after[3]);
            }
            out = add_padding(layer, out, after[2] * row);
        }
        out = add_padding(layer, out, after[1] * plane);
    }
    (void)add_padding(layer, out, after[0] * block);
}
