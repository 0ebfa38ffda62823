/* Any function of one int8 value, as a table. See tg_lookup.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_lookup.h"

TG_KERNEL void tg_lookup_s8(const struct tg_lookup *layer, const int8_t *in, int8_t *out)
{
    const int8_t *const middle = layer->table + 128;
    int32_t left = layer->size;

    /* four at a time: loads in a row are faster than loads between stores */
    for (; left >= 4; left -= 4) {
        const int8_t a = middle[in[0]];
        const int8_t b = middle[in[1]];
        const int8_t c = middle[in[2]];
        const int8_t d = middle[in[3]];

        out[0] = a;
        out[1] = b;
        out[2] = c;
        out[3] = d;
        in += 4;
        out += 4;
    }
    for (; left > 0; left--) {
        *out++ = middle[*in++];
    }
}
