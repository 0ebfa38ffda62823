/* The bounds of an activation, over outputs that have been saturated to int8 already.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MVE_CLAMP_H
#define TG_MVE_CLAMP_H

#include "tg_mve_assembly.h"
#include "tg_fixedpoint.h"

#if TG_MVE_ASSEMBLY

/* Five instructions for 16 values. */
TG_INLINE void tg_mve_clamp(int8_t *out, int32_t count, int32_t low, int32_t high)
{
    if (low > -128 || high < 127) {
        __asm__ volatile("vdup.8 q1, %[low]\n"
                         "vdup.8 q2, %[high]\n"
                         "wlstp.8 lr, %[count], 2f\n"
                         "1:\n"
                         "vldrb.u8 q0, [%[out]]\n"
                         "vmax.s8 q0, q0, q1\n"
                         "vmin.s8 q0, q0, q2\n"
                         "vstrb.8 q0, [%[out]], #16\n"
                         "letp lr, 1b\n"
                         "2:\n"
                         : [out] "+r"(out)
                         : [count] "r"(count), [low] "r"(low), [high] "r"(high)
                         : "q0", "q1", "q2", "lr", "memory");
    }
}

#else

TG_INLINE void tg_mve_clamp(int8_t *out, int32_t count, int32_t low, int32_t high)
{
    if (low > -128 || high < 127) {
        for (int32_t i = 0; i < count; i++) {
            out[i] = (int8_t)tg_clamp(out[i], low, high);
        }
    }
}

#endif

#endif
