/* Verbs for the 32-bit SIMD instructions of the Arm DSP extension (Cortex-M4, M7, M33): two int16 per word.
 *
 * `lo` and `hi` of a word are its int16 halves; sums wrap modulo 2^32.
 *
 *   tg_smlad(x, y, acc)      acc + x.lo * y.lo + x.hi * y.hi
 *   tg_smlabb(x, y, acc)     acc + x.lo * y.lo        (tg_smlabt: x.lo * y.hi, tg_smlatb: x.hi * y.lo)
 *   tg_sadd16(x, y)          halves added, each modulo 2^16 (tg_ssub16: subtracted)
 *   tg_sxtb16(x)             bytes 0 and 2 of x, sign-extended: (lo, hi)
 *   tg_sxtb16_ror8(x)        bytes 1 and 3 of x, sign-extended
 *   tg_pkhbt_lsl16(x, y)     (x.lo, y.lo)
 *   tg_pkhtb_asr16(x, y)     (y.hi, x.hi)
 *   tg_sxtab16(x, y)         bytes 0 and 2 of y, sign-extended, added to the halves of x
 *   tg_sxtab16_ror8(x, y)    bytes 1 and 3 of y, the same way
 *   tg_smax8(x, y)           the larger of two int8, for each of the 4 bytes
 *   tg_smmla(x, y, acc)      acc + floor(x * y / 2^32)
 *   tg_smmlar(x, y, acc)     acc + floor((x * y + 2^31) / 2^32)
 *   tg_ssat8(x)              x clamped to -128..127
 *
 *   tg_keep_loads_here()     nothing; but the compiler moves no load across it, which would spill registers
 *
 * On a computer, TG_EMULATE_SIMD chooses exact emulations in portable C, for tests.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SIMD_H
#define TG_SIMD_H

#include "tg_common.h"

#if defined(__ARM_FEATURE_DSP)
#include "tg_simd_arm.h"
#elif defined(TG_EMULATE_SIMD)
#include "tg_simd_emulated.h"
#else
#error "these kernels need the DSP extension: compile with e.g. -mcpu=cortex-m4, or emit for another target"
#endif

/* Two int16 as a word, the first in the low half. The address may be unaligned: one LDR on these cores. */
TG_INLINE uint32_t tg_load_pair(const int16_t *from)
{
    uint32_t word;

    memcpy(&word, from, sizeof word);
    return word;
}

TG_INLINE void tg_store_pair(int16_t *to, uint32_t word)
{
    memcpy(to, &word, sizeof word);
}

/* Four int8 as a word, the first in the low byte. The address may be unaligned. */
TG_INLINE uint32_t tg_load_quad(const int8_t *from)
{
    uint32_t word;

    memcpy(&word, from, sizeof word);
    return word;
}

#endif
