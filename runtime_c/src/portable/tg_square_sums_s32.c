/* See tg_square_sums.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_square_sums.h"

#define TG_REACH 32767
#define TG_LIMIT (1 << 30)

static int32_t clamp(int32_t x, int32_t reach)
{
    return x < -reach ? -reach : x > reach ? reach : x;
}

/* x * 2^-shift, rounded and clamped. */
static int32_t scaled(int32_t x, int32_t shift)
{
    if (shift > 0) {
        const int32_t half = 1 << (shift - 1);
        const int32_t most = INT32_MAX - half;

        return clamp(((x > most ? most : x) + half) >> shift, TG_REACH);
    }
    return clamp(clamp(x, TG_REACH + 1) * (1 << -shift), TG_REACH);
}

TG_KERNEL void tg_square_sums_s32(const struct tg_square_sums *layer, const int32_t *in, int32_t *out)
{
    const int8_t *shifts = layer->shifts;

    for (int32_t c = 0; c < layer->outputs; c++) {
        int32_t sum = 0;

        for (int32_t r = 0; r < layer->group; r++) {
            const int32_t t = scaled(*in++, *shifts++);

            sum += t * t;
            sum = sum > TG_LIMIT ? TG_LIMIT : sum;
        }
        out[c] = layer->bias[c] - (sum >> layer->shift);
    }
}
