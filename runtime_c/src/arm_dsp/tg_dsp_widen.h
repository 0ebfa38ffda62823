/* From int8 to int16 patches for the DSP kernels.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DSP_WIDEN_H
#define TG_DSP_WIDEN_H

#include "tg_simd.h"

/* Widens four values. */
TG_INLINE void tg_dsp_widen_quad(int16_t *to, int32_t step, const int8_t *from)
{
    const uint32_t bytes = tg_load_quad(from);
    const uint32_t even = tg_sxtb16(bytes);
    const uint32_t odd = tg_sxtb16_ror8(bytes);

    tg_store_pair(to, tg_pkhbt_lsl16(even, odd));
    tg_store_pair(to + step, tg_pkhtb_asr16(odd, even));
}

/* Widens `count` values, in order, into pairs that lie `step` places apart. Returns the place of the next pair. */
TG_INLINE int16_t *tg_dsp_widen(int16_t *to, int32_t step, const int8_t *from, int32_t count)
{
    for (; count >= 8; count -= 8) {
        tg_dsp_widen_quad(to, step, from);
        tg_dsp_widen_quad(to + 2 * step, step, from + 4);
        from += 8;
        to += 4 * step;
    }
    if (count >= 4) {
        tg_dsp_widen_quad(to, step, from);
        from += 4;
        to += 2 * step;
        count -= 4;
    }
    for (; count > 0; count -= 2) {
        to[0] = from[0];
        if (count > 1) {
            to[1] = from[1];
        }
        from += 2;
        to += step;
    }
    return to;
}

#endif
