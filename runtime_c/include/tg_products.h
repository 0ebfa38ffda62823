/* Products of features. Rule U3 of ARITHMETIC.md.
 *
 *   p = in[factors[k][0]]; for d = 1, 2, ... while d < most and factors[k][d] >= 0:
 *       p = (p * in[factors[k][d]]) >> shifts[k][d];    out[k] = p
 *
 * Layout: factors and shifts [count][most]. Shifts are arithmetic.
 * Overflow: the generator has proved that no p leaves int16, of int32 features int32.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_PRODUCTS_H
#define TG_PRODUCTS_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_products {
    int32_t count;
    int32_t most;
    const int16_t *factors;
    const int16_t *shifts;
};

void tg_products_s8(const struct tg_products *layer, const int8_t *in, int16_t *out);
void tg_products_s16(const struct tg_products *layer, const int16_t *in, int16_t *out);
void tg_products_s32(const struct tg_products *layer, const int32_t *in, int32_t *out);

TG_EXTERN_C_END

#endif
