/* The verbs of tg_simd.h in portable C, exact. Include tg_simd.h instead of this file.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SIMD_EMULATED_H
#define TG_SIMD_EMULATED_H

#include "tg_common.h"

TG_INLINE void tg_keep_loads_here(void)
{
}

/* The low 32 bits of a sum as a signed number: what a register holds after an overflow. */
TG_INLINE int32_t tg_emulated_wrap(int64_t x)
{
    const uint32_t bits = (uint32_t)(uint64_t)x;
    int32_t result;

    memcpy(&result, &bits, sizeof result);
    return result;
}

TG_INLINE int32_t tg_emulated_lo(uint32_t x)
{
    const int32_t half = (int32_t)(x & 0xFFFFu);

    return half < 0x8000 ? half : half - 0x10000;
}

TG_INLINE int32_t tg_emulated_hi(uint32_t x)
{
    return tg_emulated_lo(x >> 16);
}

/* Byte `index` of x, sign-extended, in the low half of a word. */
TG_INLINE uint32_t tg_emulated_byte(uint32_t x, int32_t index)
{
    const uint32_t byte = (x >> (8 * index)) & 0xFFu;

    return byte < 0x80u ? byte : byte | 0xFF00u;
}

TG_INLINE int32_t tg_smlad(uint32_t x, uint32_t y, int32_t acc)
{
    const int64_t lo = (int64_t)tg_emulated_lo(x) * tg_emulated_lo(y);
    const int64_t hi = (int64_t)tg_emulated_hi(x) * tg_emulated_hi(y);

    return tg_emulated_wrap(acc + lo + hi);
}

TG_INLINE int32_t tg_smlabb(uint32_t x, uint32_t y, int32_t acc)
{
    return tg_emulated_wrap(acc + (int64_t)tg_emulated_lo(x) * tg_emulated_lo(y));
}

TG_INLINE int32_t tg_smlabt(uint32_t x, uint32_t y, int32_t acc)
{
    return tg_emulated_wrap(acc + (int64_t)tg_emulated_lo(x) * tg_emulated_hi(y));
}

TG_INLINE int32_t tg_smlatb(uint32_t x, uint32_t y, int32_t acc)
{
    return tg_emulated_wrap(acc + (int64_t)tg_emulated_hi(x) * tg_emulated_lo(y));
}

TG_INLINE uint32_t tg_sadd16(uint32_t x, uint32_t y)
{
    return ((x + y) & 0xFFFFu) | ((x & 0xFFFF0000u) + (y & 0xFFFF0000u));
}

TG_INLINE uint32_t tg_ssub16(uint32_t x, uint32_t y)
{
    return ((x - y) & 0xFFFFu) | ((x & 0xFFFF0000u) - (y & 0xFFFF0000u));
}

TG_INLINE uint32_t tg_sxtb16(uint32_t x)
{
    return tg_emulated_byte(x, 0) | (tg_emulated_byte(x, 2) << 16);
}

TG_INLINE uint32_t tg_sxtb16_ror8(uint32_t x)
{
    return tg_emulated_byte(x, 1) | (tg_emulated_byte(x, 3) << 16);
}

TG_INLINE uint32_t tg_pkhbt_lsl16(uint32_t x, uint32_t y)
{
    return (x & 0xFFFFu) | (y << 16);
}

TG_INLINE uint32_t tg_pkhtb_asr16(uint32_t x, uint32_t y)
{
    return (x & 0xFFFF0000u) | (y >> 16);
}

TG_INLINE uint32_t tg_sxtab16(uint32_t x, uint32_t y)
{
    const uint32_t low = (x + tg_emulated_byte(y, 0)) & 0xFFFFu;

    return low | (((x >> 16) + tg_emulated_byte(y, 2)) << 16);
}

TG_INLINE uint32_t tg_sxtab16_ror8(uint32_t x, uint32_t y)
{
    const uint32_t low = (x + tg_emulated_byte(y, 1)) & 0xFFFFu;

    return low | (((x >> 16) + tg_emulated_byte(y, 3)) << 16);
}

TG_INLINE uint32_t tg_smax8(uint32_t x, uint32_t y)
{
    uint32_t result = 0;

    for (int32_t shift = 0; shift < 32; shift += 8) {
        const uint32_t a = x >> shift & 0xFFu;
        const uint32_t b = y >> shift & 0xFFu;

        result |= ((a ^ 0x80u) > (b ^ 0x80u) ? a : b) << shift; /* int8 are ordered as uint8 that are 128 higher */
    }
    return result;
}

TG_INLINE int32_t tg_smmla(int32_t x, int32_t y, int32_t acc)
{
    return tg_emulated_wrap(acc + (((int64_t)x * y) >> 32));
}

TG_INLINE int32_t tg_smmlar(int32_t x, int32_t y, int32_t acc)
{
    /* halved first, so that the product of two int32 minima plus the rounding stays in int64 */
    return tg_emulated_wrap(acc + ((((int64_t)x * y >> 1) + ((int64_t)1 << 30)) >> 31));
}

TG_INLINE int32_t tg_ssat8(int32_t x)
{
    return x < -128 ? -128 : x > 127 ? 127 : x;
}

#endif
