/* Clips every value: activations that change neither scale nor zero point. Rules E3 and E4 of ARITHMETIC.md.
 *
 *   out[i] = min(max(in[i], low), high)
 *
 * `out` may be `in`.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CLIP_H
#define TG_CLIP_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_clip {
    int32_t size;
    int8_t low;
    int8_t high;
};

void tg_clip_s8(const struct tg_clip *layer, const int8_t *in, int8_t *out);

TG_EXTERN_C_END

#endif
