/* Elementwise product. See tg_mul_mve.h. 20 instructions for 8 values.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_mul_mve.h"
#include "tg_mve_assembly.h"
#include "tg_mve_clamp.h"

#if TG_MVE_ASSEMBLY

/* q0: eight values of a, q1: of b; what becomes of them goes to q0. r6: multiplier, r7: minus the shift, r8 .. r10: zero
 * points. VQRDMULH rounds as rule A6 does; VRSHL rounds ties up, so negative values lose one before. */
#define PRODUCT                                                                                               \
    "vadd.i16 q0, q0, r8\n"                                                                                   \
    "vadd.i16 q1, q1, r9\n"                                                                                   \
    "vmullb.s16 q2, q0, q1\n"                                                                                 \
    "vmullt.s16 q3, q0, q1\n"                                                                                 \
    "vqrdmulh.s32 q2, q2, r6\n"                                                                               \
    "vqrdmulh.s32 q3, q3, r6\n"                                                                               \
    "vshr.s32 q0, q2, #31\n"                                                                                  \
    "vshr.s32 q1, q3, #31\n"                                                                                  \
    "vadd.i32 q2, q2, q0\n"                                                                                   \
    "vadd.i32 q3, q3, q1\n"                                                                                   \
    "vrshl.s32 q2, r7\n"                                                                                      \
    "vrshl.s32 q3, r7\n"                                                                                      \
    "vmovnb.i32 q0, q2\n"                                                                                     \
    "vmovnt.i32 q0, q3\n"                                                                                     \
    "vqadd.s16 q0, q0, r10\n"                                                                                 \
    "vqmovnb.s16 q0, q0\n"

static TG_NAKED void multiply(const struct tg_mul_mve *layer TG_REGISTER, const int8_t *a TG_REGISTER,
                              const int8_t *b TG_REGISTER, int8_t *out TG_REGISTER)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "ldrd r4, r5, [r0, #0]\n" /* rows, depth */
        "ldrd r12, r6, [r0, #8]\n" /* step of b */
        "ldrd r7, r8, [r0, #16]\n"
        "ldrd r9, r10, [r0, #24]\n"
        "mov r11, r2\n"
        "and r0, r5, #7\n" /* values behind the last eight */

        /* a row */
        "1:\n"
        "mov r2, r11\n"
        "lsrs.w lr, r5, #3\n"
        "beq 3f\n"
        "2:\n"
        "vldrb.s16 q0, [r1], #8\n"
        "vldrb.s16 q1, [r2], #8\n" PRODUCT "vstrb.16 q0, [r3], #8\n"
        "le lr, 2b\n"
        "3:\n"
        "cbz r0, 4f\n"
        "vctp.16 r0\n"
        "vpstt\n"
        "vldrbt.s16 q0, [r1]\n"
        "vldrbt.s16 q1, [r2]\n" PRODUCT "vpst\n"
        "vstrbt.16 q0, [r3]\n"
        "add r1, r0\n"
        "add r3, r0\n"
        "4:\n"
        "add r11, r12\n"
        "subs r4, #1\n"
        "bne 1b\n"
        "pop {r4-r11, pc}\n");
}

#else

static void multiply(const struct tg_mul_mve *layer, const int8_t *a, const int8_t *b, int8_t *out)
{
    for (int32_t row = 0; row < layer->rows; row++) {
        for (int32_t i = 0; i < layer->depth; i++) {
            const int32_t p = (*a++ + layer->minus_a_zero_point) * (b[i] + layer->minus_b_zero_point);
            const int32_t y = tg_requantize_tflm(p, layer->multiplier, layer->minus_shift);

            *out++ = (int8_t)tg_saturate_s8(y + layer->out_zero_point);
        }
        b += layer->b_step;
    }
}

#endif

TG_KERNEL void tg_mul_s8_mve(const struct tg_mul_mve *layer, const int8_t *a, const int8_t *b, int8_t *out)
{
    multiply(layer, a, b, out);
    tg_mve_clamp(out, layer->rows * layer->depth, layer->out_min, layer->out_max);
}
