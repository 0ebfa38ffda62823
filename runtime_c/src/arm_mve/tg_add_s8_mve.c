/* Elementwise sum. See tg_add_mve.h. 16 instructions for 8 values.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_add_mve.h"
#include "tg_mve_assembly.h"
#include "tg_mve_clamp.h"

#if TG_MVE_ASSEMBLY

/* q0: eight values of a, q1: of b; their sums go to q0. r4 .. r7: factors, bias, shift; q7: the factor of a. */
#define SUM                                                                                                   \
    "vmovlb.s16 q2, q0\n"                                                                                     \
    "vmovlt.s16 q3, q0\n"                                                                                     \
    "vmlas.s32 q2, q7, r6\n"                                                                                  \
    "vmlas.s32 q3, q7, r6\n"                                                                                  \
    "vmovlb.s16 q0, q1\n"                                                                                     \
    "vmovlt.s16 q1, q1\n"                                                                                     \
    "vmla.s32 q2, q0, r5\n"                                                                                   \
    "vmla.s32 q3, q1, r5\n"                                                                                   \
    "vshrnb.i32 q0, q2, #16\n"                                                                                \
    "vshrnt.i32 q0, q3, #16\n"                                                                                \
    "vrshl.s16 q0, r7\n"                                                                                      \
    "vqmovnb.s16 q0, q0\n"

static TG_NAKED void add(const struct tg_add_mve *layer TG_REGISTER, const int8_t *a TG_REGISTER,
                         const int8_t *b TG_REGISTER, int8_t *out TG_REGISTER)
{
    __asm__ volatile(
        "push {r4-r8, lr}\n"
        "vpush {d14-d15}\n"
        "ldrd r4, r5, [r0, #0]\n"
        "ldrd r6, r7, [r0, #8]\n"
        "ldr r8, [r0, #16]\n"
        "vdup.32 q7, r4\n"
        "lsrs.w lr, r8, #3\n"
        "beq 2f\n"
        "1:\n"
        "vldrb.s16 q0, [r1], #8\n"
        "vldrb.s16 q1, [r2], #8\n" SUM "vstrb.16 q0, [r3], #8\n"
        "le lr, 1b\n"
        "2:\n"
        "ands r8, r8, #7\n"
        "beq 3f\n"
        "vctp.16 r8\n"
        "vpstt\n"
        "vldrbt.s16 q0, [r1]\n"
        "vldrbt.s16 q1, [r2]\n" SUM "vpst\n"
        "vstrbt.16 q0, [r3]\n"
        "3:\n"
        "vpop {d14-d15}\n"
        "pop {r4-r8, pc}\n");
}

#else

static void add(const struct tg_add_mve *layer, const int8_t *a, const int8_t *b, int8_t *out)
{
    const int32_t half = layer->minus_shift == 0 ? 0 : (int32_t)1 << (-layer->minus_shift - 1);

    for (int32_t i = 0; i < layer->size; i++) {
        const int32_t sum = a[i] * layer->a_factor + b[i] * layer->b_factor + layer->bias;

        out[i] = (int8_t)tg_saturate_s8(((sum >> 16) + half) >> -layer->minus_shift);
    }
}

#endif

TG_KERNEL void tg_add_s8_mve(const struct tg_add_mve *layer, const int8_t *a, const int8_t *b, int8_t *out)
{
    add(layer, a, b, out);
    tg_mve_clamp(out, layer->size, layer->out_min, layer->out_max);
}
