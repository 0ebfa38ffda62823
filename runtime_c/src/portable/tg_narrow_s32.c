/* See tg_narrow.h. Sums are clamped before they are shifted, so that nothing overflows.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_narrow.h"

/* Of sums that become positive numbers or 0. */
static void narrow_positive(const struct tg_narrow *layer, const int32_t *in, int16_t *out)
{
    const int32_t half = layer->half;
    const int32_t most = layer->most;
    const int32_t shift = layer->shift;
    const int32_t *const end = in + layer->count;

    for (; end - in >= 2; in += 2, out += 2) {
        const int32_t a = in[0] & ~(in[0] >> 31);
        const int32_t b = in[1] & ~(in[1] >> 31);

        out[0] = (int16_t)(((a > most ? most : a) + half) >> shift);
        out[1] = (int16_t)(((b > most ? most : b) + half) >> shift);
    }
    if (in < end) {
        const int32_t a = in[0] & ~(in[0] >> 31);

        out[0] = (int16_t)(((a > most ? most : a) + half) >> shift);
    }
}

TG_KERNEL void tg_narrow_s32(const struct tg_narrow *layer, const int32_t *in, int16_t *out)
{
    const int32_t half = layer->half;
    const int32_t least = layer->least;
    const int32_t most = layer->most;
    const int32_t shift = layer->shift;
    const int32_t *const end = in + layer->count;

    if (least == 0) {
        narrow_positive(layer, in, out);
        return;
    }
    for (; in < end; in++, out++) {
        const int32_t x = *in < least ? least : *in;

        *out = (int16_t)(((x > most ? most : x) + half) >> shift);
    }
}
