/* memcpy and memset in Helium loops: three and two instructions for 16 bytes, any size and alignment.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MVE_BYTES_H
#define TG_MVE_BYTES_H

#include "tg_mve_assembly.h"
#include "tg_common.h"

#if TG_MVE_ASSEMBLY

TG_INLINE int8_t *tg_mve_copy(int8_t *to, const int8_t *from, int32_t count)
{
    int8_t *at = to;

    __asm__ volatile("wlstp.8 lr, %[count], 2f\n"
                     "1:\n"
                     "vldrb.u8 q0, [%[from]], #16\n"
                     "vstrb.8 q0, [%[at]], #16\n"
                     "letp lr, 1b\n"
                     "2:\n"
                     : [at] "+r"(at), [from] "+r"(from)
                     : [count] "r"(count)
                     : "q0", "lr", "memory");
    return to + count;
}

TG_INLINE int8_t *tg_mve_fill(int8_t *to, int32_t value, int32_t count)
{
    int8_t *at = to;

    __asm__ volatile("vdup.8 q0, %[value]\n"
                     "wlstp.8 lr, %[count], 2f\n"
                     "1:\n"
                     "vstrb.8 q0, [%[at]], #16\n"
                     "letp lr, 1b\n"
                     "2:\n"
                     : [at] "+r"(at)
                     : [count] "r"(count), [value] "r"(value)
                     : "q0", "lr", "memory");
    return to + count;
}

#else

TG_INLINE int8_t *tg_mve_copy(int8_t *to, const int8_t *from, int32_t count)
{
    memcpy(to, from, (size_t)count);
    return to + count;
}

TG_INLINE int8_t *tg_mve_fill(int8_t *to, int32_t value, int32_t count)
{
    memset(to, value, (size_t)count);
    return to + count;
}

#endif

#endif
