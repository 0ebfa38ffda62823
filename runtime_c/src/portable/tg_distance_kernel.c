/* See tg_distance_kernel.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_distance_kernel.h"

#include "tg_wide_kernel.h"
#include "tg_wide_root.h"

#define TG_BITS 26
#define TG_LOG_2 46516320 /* log(2) * 2^26 */
#define TG_THIRD 22369621 /* 2^26 / 3 */
#define TG_LOG_BITS 28

/* log2(x / 2^28) with 28 bits, rounded down about: every square of the rest of x says one bit more. */
static int64_t logarithm(uint64_t x)
{
    int32_t whole = 31;
    uint64_t rest;
    uint32_t bits = 0;

    while (x >> (whole + 1) != 0) {
        whole++;
    }
    rest = x >> (whole - 31);
    for (; rest < (uint64_t)1 << 31; rest <<= 1) {
        whole--;
    }
    for (int32_t i = 0; i < TG_LOG_BITS; i++) {
        rest = (rest * rest) >> 31;
        bits = (bits << 1) | (uint32_t)(rest >> 32);
        rest >>= rest >> 32;
    }
    return ((int64_t)(whole - TG_LOG_BITS) * ((int64_t)1 << TG_LOG_BITS)) + bits;
}

/* 1 + z, or 1 + z + z^2 / 3, with 26 bits; z = e * log(2). */
static int64_t polynomial(int32_t form, int64_t e)
{
    const int64_t z = ((e >> (32 - TG_BITS)) * TG_LOG_2) >> TG_BITS;
    const int64_t linear = ((int64_t)1 << TG_BITS) + z;

    return form == TG_MATERN_3 ? linear : linear + ((z * ((z * TG_THIRD) >> TG_BITS)) >> TG_BITS);
}

TG_KERNEL int32_t tg_distance_kernel(const struct tg_wide_kernel_sums *layer, int64_t measure)
{
    const int64_t most = (int64_t)31 << 32;
    int64_t e;
    int32_t kernel;

    if (layer->form == TG_RATIONAL) {
        const int64_t u = ((measure >> layer->measure_shift) * layer->factor) >> layer->factor_shift;
        const int64_t limit = (int64_t)1 << 60;
        const uint64_t x = (uint64_t)(u > limit ? limit : u) + ((uint64_t)1 << TG_LOG_BITS);

        e = (logarithm(x) * layer->power) >> layer->power_shift;
        return tg_wide_kernel_exponential(layer->roots, e);
    }
    e = (tg_wide_root((uint64_t)measure << layer->measure_shift) * layer->factor) >> layer->factor_shift;
    e = e > most ? most : e;
    kernel = tg_wide_kernel_exponential(layer->roots, e);
    return layer->form == TG_MATERN_1 ? kernel : (int32_t)((kernel * polynomial(layer->form, e)) >> TG_BITS);
}
