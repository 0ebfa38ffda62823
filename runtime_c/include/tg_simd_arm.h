/* The verbs of tg_simd.h as instructions. Include tg_simd.h instead of this file.
 *
 * Assembly where compilers have no intrinsic (SMMLA, SMMLAR, PKH), do not fuse it (SXTB16 with rotation), warn
 * about their own (GCC's __ssat under -Wconversion), or store halves to memory first (GCC's __smlabt).
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SIMD_ARM_H
#define TG_SIMD_ARM_H

#if defined(__ARM_FEATURE_DSP) /* other compilers do not have the header: tools that only read this one */
#include <arm_acle.h>
#endif

#include "tg_common.h"

TG_INLINE void tg_keep_loads_here(void)
{
    __asm__ volatile("" ::: "memory");
}

TG_INLINE int32_t tg_smlad(uint32_t x, uint32_t y, int32_t acc)
{
    return __smlad((int16x2_t)x, (int16x2_t)y, acc);
}

TG_INLINE int32_t tg_smlabb(uint32_t x, uint32_t y, int32_t acc)
{
    int32_t result;

    __asm__("smlabb %0, %1, %2, %3" : "=r"(result) : "r"(x), "r"(y), "r"(acc));
    return result;
}

TG_INLINE int32_t tg_smlabt(uint32_t x, uint32_t y, int32_t acc)
{
    int32_t result;

    __asm__("smlabt %0, %1, %2, %3" : "=r"(result) : "r"(x), "r"(y), "r"(acc));
    return result;
}

TG_INLINE int32_t tg_smlatb(uint32_t x, uint32_t y, int32_t acc)
{
    int32_t result;

    __asm__("smlatb %0, %1, %2, %3" : "=r"(result) : "r"(x), "r"(y), "r"(acc));
    return result;
}

TG_INLINE uint32_t tg_sadd16(uint32_t x, uint32_t y)
{
    return (uint32_t)__sadd16((int16x2_t)x, (int16x2_t)y);
}

TG_INLINE uint32_t tg_ssub16(uint32_t x, uint32_t y)
{
    return (uint32_t)__ssub16((int16x2_t)x, (int16x2_t)y);
}

TG_INLINE uint32_t tg_sxtb16(uint32_t x)
{
    return (uint32_t)__sxtb16((int8x4_t)x);
}

TG_INLINE uint32_t tg_sxtb16_ror8(uint32_t x)
{
    uint32_t result;

    __asm__("sxtb16 %0, %1, ror #8" : "=r"(result) : "r"(x));
    return result;
}

TG_INLINE uint32_t tg_pkhbt_lsl16(uint32_t x, uint32_t y)
{
    uint32_t result;

    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(result) : "r"(x), "r"(y));
    return result;
}

TG_INLINE uint32_t tg_pkhtb_asr16(uint32_t x, uint32_t y)
{
    uint32_t result;

    __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(result) : "r"(x), "r"(y));
    return result;
}

TG_INLINE uint32_t tg_sxtab16(uint32_t x, uint32_t y)
{
    uint32_t result;

    __asm__("sxtab16 %0, %1, %2" : "=r"(result) : "r"(x), "r"(y));
    return result;
}

TG_INLINE uint32_t tg_sxtab16_ror8(uint32_t x, uint32_t y)
{
    uint32_t result;

    __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(result) : "r"(x), "r"(y));
    return result;
}

TG_INLINE uint32_t tg_smax8(uint32_t x, uint32_t y)
{
    uint32_t result;

    __asm__("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(result) : "r"(x), "r"(y) : "cc");
    return result;
}

TG_INLINE int32_t tg_smmla(int32_t x, int32_t y, int32_t acc)
{
    int32_t result;

    __asm__("smmla %0, %1, %2, %3" : "=r"(result) : "r"(x), "r"(y), "r"(acc));
    return result;
}

TG_INLINE int32_t tg_smmlar(int32_t x, int32_t y, int32_t acc)
{
    int32_t result;

    __asm__("smmlar %0, %1, %2, %3" : "=r"(result) : "r"(x), "r"(y), "r"(acc));
    return result;
}

TG_INLINE int32_t tg_ssat8(int32_t x)
{
    int32_t result;

    __asm__("ssat %0, #8, %1" : "=r"(result) : "r"(x));
    return result;
}

#endif
