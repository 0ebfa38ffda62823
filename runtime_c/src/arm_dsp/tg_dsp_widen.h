/* From int8 to int16 for the DSP kernels.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DSP_WIDEN_H
#define TG_DSP_WIDEN_H

#include "tg_simd.h"

/* Widens `count` values, in order. Returns the end of what it wrote. */
TG_INLINE int16_t *tg_dsp_widen(int16_t *to, const int8_t *from, int32_t count)
{
    for (; count >= 4; count -= 4) {
        const uint32_t bytes = tg_load_quad(from);
        const uint32_t even = tg_sxtb16(bytes);
        const uint32_t odd = tg_sxtb16_ror8(bytes);
        tg_store_pair(to, tg_pkhbt_lsl16(even, odd));
        tg_store_pair(to + 2, tg_pkhtb_asr16(odd, even));
        from += 4;
        to += 4;
    }
    for (; count > 0; count--) {
        *to++ = *from++;
    }
    return to;
}

/* Writes `count` times `value`. Returns the end of what it wrote. */
TG_INLINE int16_t *tg_dsp_fill(int16_t *to, int16_t value, int32_t count)
{
    for (; count > 0; count--) {
        *to++ = value;
    }
    return to;
}

#endif
