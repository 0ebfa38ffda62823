/* See tg_products.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_products.h"

TG_KERNEL void tg_products_s32(const struct tg_products *layer, const int32_t *in, int32_t *out)
{
    const int16_t *factors = layer->factors;
    const int16_t *shifts = layer->shifts;

    for (int32_t k = 0; k < layer->count; k++, factors += layer->most, shifts += layer->most) {
        int32_t product = in[factors[0]];

        for (int32_t d = 1; d < layer->most && factors[d] >= 0; d++) {
            product = (int32_t)(((int64_t)product * in[factors[d]]) >> shifts[d]);
        }
        out[k] = product;
    }
}
