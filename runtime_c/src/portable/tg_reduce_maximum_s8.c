/* Largest or smallest over dimensions. See tg_reduce_maximum.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_reduce_maximum.h"

static int8_t one(const struct tg_reduce_maximum *layer, const int8_t *in)
{
    const int32_t first_step = layer->middle * layer->second * layer->inner;
    const int32_t flip = layer->flip;
    int32_t most = -128;

    for (int32_t r = 0; r < layer->first; r++) {
        const int8_t *x = in + r * first_step;

        for (int32_t count = layer->second; count > 0; count--) {
            const int32_t q = flip ^ *x;

            most = q > most ? q : most;
            x += layer->inner;
        }
    }
    return (int8_t)(flip ^ most);
}

TG_KERNEL void tg_reduce_maximum_s8(const struct tg_reduce_maximum *layer, const int8_t *in, int8_t *out)
{
    const int32_t middle_step = layer->second * layer->inner;
    const int32_t outer_step = layer->first * layer->middle * middle_step;

    for (int32_t o = 0; o < layer->outer; o++) {
        for (int32_t m = 0; m < layer->middle; m++) {
            for (int32_t i = 0; i < layer->inner; i++) {
                *out++ = one(layer, in + m * middle_step + i);
            }
        }
        in += outer_step;
    }
}
