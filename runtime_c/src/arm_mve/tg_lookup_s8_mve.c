/* A table, with a gathering load. See tg_unary_mve.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_mve_assembly.h"
#include "tg_unary_mve.h"

#if TG_MVE_ASSEMBLY

TG_KERNEL TG_NAKED void tg_lookup_s8_mve(const struct tg_lookup *layer TG_REGISTER, const int8_t *in TG_REGISTER,
                                         int8_t *out TG_REGISTER)
{
    __asm__ volatile("push {r4, lr}\n"
                     "ldrd r3, r12, [r0]\n" /* size, table */
                     "vmov.i8 q1, #128\n"
                     "wlstp.8 lr, r3, 2f\n"
                     "1:\n"
                     "vldrb.u8 q0, [r1], #16\n"
                     "veor q0, q0, q1\n"
                     "vldrb.u8 q2, [r12, q0]\n"
                     "vstrb.8 q2, [r2], #16\n"
                     "letp lr, 1b\n"
                     "2:\n"
                     "pop {r4, pc}\n");
}

#else

TG_KERNEL void tg_lookup_s8_mve(const struct tg_lookup *layer, const int8_t *in, int8_t *out)
{
    for (int32_t i = 0; i < layer->size; i++) {
        out[i] = layer->table[in[i] + 128];
    }
}

#endif
