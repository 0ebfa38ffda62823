/* The larger or the smaller of two values, int8, all in one quantization. Rule E19 of ARITHMETIC.md.
 *
 *   out = clamp(flip ^ max(flip ^ a, flip ^ b))
 *
 * flip is 0 for the larger; -1, which turns the order of all numbers over, for the smaller.
 * `out` may be `a`, `b` or both, where it is as large.
 * Overflow: none.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MAXIMUM_H
#define TG_MAXIMUM_H

#include "tg_broadcast.h"
#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_maximum_constants {
    int8_t flip;
    int8_t out_min;
    int8_t out_max;
};

struct tg_maximum {
    int32_t size;
    struct tg_maximum_constants constants;
};

struct tg_maximum_broadcast {
    struct tg_broadcast broadcast;
    struct tg_maximum_constants constants;
};

/* a and b of the output's shape. */
void tg_maximum_s8(const struct tg_maximum *layer, const int8_t *a, const int8_t *b, int8_t *out);

/* a and b repeated along some dimensions. */
void tg_maximum_broadcast_s8(const struct tg_maximum_broadcast *layer, const int8_t *a, const int8_t *b, int8_t *out);

TG_EXTERN_C_END

#endif
