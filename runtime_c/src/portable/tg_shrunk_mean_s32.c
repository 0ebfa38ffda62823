/* See tg_shrunk_mean.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_shrunk_mean.h"

#include "tg_wide_root.h"

TG_KERNEL void tg_shrunk_mean_s32(const struct tg_shrunk_mean *layer, const int32_t *in, int32_t *out)
{
    int64_t rest = (int64_t)layer->one_high * ((int64_t)1 << 30) + layer->one_low;
    int64_t quotient;

    for (int32_t k = 1; k < layer->count; k++) {
        rest -= ((int64_t)in[k] * in[k]) >> layer->shift;
        rest = rest < 1 ? 1 : rest;
    }
    quotient = (int64_t)in[0] * ((int64_t)1 << 26) / tg_wide_root((uint64_t)rest);
    out[0] = (int32_t)(quotient > INT32_MAX ? INT32_MAX : quotient < -INT32_MAX ? -INT32_MAX : quotient);
}
