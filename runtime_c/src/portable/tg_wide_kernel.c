/* See tg_wide_kernel.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_wide_kernel.h"

#define TG_ONE (1 << 30)
#define TG_LOG_2 2977044472u /* log(2) * 2^32 */

static uint32_t high(uint32_t a, uint32_t b)
{
    return (uint32_t)(((uint64_t)a * b) >> 32);
}

TG_KERNEL int32_t tg_wide_kernel_exponential(const int32_t *roots, int64_t exponent)
{
    const int64_t most = (int64_t)31 << 32;
    const int64_t e = exponent > most ? most : exponent;
    const uint32_t rest = (uint32_t)e;
    const uint32_t root = (uint32_t)roots[rest >> 26];
    const uint32_t c = high(rest & 0x3FFFFFFu, TG_LOG_2);
    const uint32_t square = high(c, c);
    const uint32_t lost = c - (square >> 1) + high(square, c) / 6u;

    return (int32_t)((root - high(root, lost)) >> (e >> 32));
}

static int32_t power(const struct tg_wide_kernel_sums *layer, int64_t scaled)
{
    const int64_t moved = scaled + layer->offset;
    const int32_t p = moved > TG_ONE ? TG_ONE : moved < -TG_ONE ? -TG_ONE : (int32_t)moved;
    int32_t y = p;

    for (int32_t i = 1; i < layer->degree; i++) {
        y = (int32_t)(((int64_t)y * p) >> 30);
    }
    return y;
}

TG_KERNEL int32_t tg_wide_kernel(const struct tg_wide_kernel_sums *layer, int64_t measure)
{
    const int64_t scaled = ((measure >> layer->measure_shift) * layer->factor) >> layer->factor_shift;

    return layer->degree == 0 ? tg_wide_kernel_exponential(layer->roots, scaled) : power(layer, scaled);
}

static int32_t output(const struct tg_wide_kernel_sums *layer, int64_t sum, int32_t bias)
{
    const int64_t half = (int64_t)(((uint64_t)1 << layer->sum_shift) >> 1);
    const int64_t y = (sum + (int64_t)bias * ((int64_t)1 << layer->bias_shift) + half) >> layer->sum_shift;

    return y > INT32_MAX ? INT32_MAX : y < INT32_MIN ? INT32_MIN : (int32_t)y;
}

TG_KERNEL void tg_wide_kernel_outputs(const struct tg_wide_kernel_sums *layer, const int64_t *sums, int32_t *out)
{
    const int32_t columns = layer->outputs;
    const int32_t *bias = layer->bias;

    if (layer->groups == 1) {
        for (int32_t m = 0; m < columns; m++) {
            out[m] = output(layer, sums[m], bias[m]);
        }
        return;
    }
    for (int32_t i = 0; i < columns; i++) {
        for (int32_t j = i + 1; j <= columns; j++) {
            *out++ = output(layer, sums[i * columns + j - 1] + sums[j * columns + i], *bias++);
        }
    }
}
