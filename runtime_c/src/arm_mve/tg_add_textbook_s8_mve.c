/* Elementwise sum by rule E1 as it stands. See tg_add_mve.h. 58 instructions for 8 values.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_add_mve.h"
#include "tg_mve_assembly.h"
#include "tg_mve_clamp.h"

#if TG_MVE_ASSEMBLY

/* Rule A6 for shifts to the right: times `multiplier`, divided by 2^-(lanes of `shift`). Uses q6. */
#define REQUANTIZE(x, multiplier, shift)                                                                      \
    "vqrdmulh.s32 " x ", " x ", " multiplier "\n"                                                             \
    "vand q6, " x ", " shift "\n"                                                                             \
    "vshr.s32 q6, q6, #31\n"                                                                                  \
    "vqadd.s32 " x ", " x ", q6\n"                                                                            \
    "vrshl.s32 " x ", " x ", " shift "\n"

/* Even (b) or odd (t) values of q0 and q1: their sums to those of q7. Uses q2 and q3. */
#define SUM(half)                                                                                             \
    "vmovl" half ".s16 q2, q0\n"                                                                              \
    "vadd.i32 q2, q2, r7\n"                                                                                   \
    "vshl.i32 q2, q2, #20\n" REQUANTIZE("q2", "r4", "q4") "vmovl" half ".s16 q3, q1\n"                        \
    "vadd.i32 q3, q3, r8\n"                                                                                   \
    "vshl.i32 q3, q3, #20\n" REQUANTIZE("q3", "r5", "q5") "vadd.i32 q2, q2, q3\n"                             \
    "vdup.32 q3, r11\n" REQUANTIZE("q2", "r6", "q3") "vadd.i32 q2, q2, r9\n"                                  \
    "vqmovn" half ".s32 q7, q2\n"

static TG_NAKED void add(const struct tg_add *layer TG_REGISTER, const int8_t *a TG_REGISTER,
                         const int8_t *b TG_REGISTER, int8_t *out TG_REGISTER)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "vpush {d8-d15}\n"
        "sub sp, #4\n"
        "ldrd r10, r4, [r0, #0]\n" /* size, multiplier of a */
        "ldrd r5, r6, [r0, #8]\n"  /* of b, of the output */
        "ldrsb r7, [r0, #16]\n"    /* shifts */
        "vdup.32 q4, r7\n"
        "ldrsb r7, [r0, #17]\n"
        "vdup.32 q5, r7\n"
        "ldrsb r11, [r0, #18]\n"
        "ldrsb r7, [r0, #19]\n" /* zero points */
        "rsbs r7, r7, #0\n"
        "ldrsb r8, [r0, #20]\n"
        "rsb r8, r8, #0\n"
        "ldrsb r9, [r0, #21]\n"
        "1:\n"
        "vctp.16 r10\n"
        "vpstt\n"
        "vldrbt.s16 q0, [r1], #8\n"
        "vldrbt.s16 q1, [r2], #8\n" SUM("b") SUM("t") "vqmovnb.s16 q7, q7\n"
        "vpst\n"
        "vstrbt.16 q7, [r3], #8\n"
        "subs.w r10, r10, #8\n"
        "bgt 1b\n"
        "add sp, #4\n"
        "vpop {d8-d15}\n"
        "pop {r4-r11, pc}\n");
}

#else

static void add(const struct tg_add *layer, const int8_t *a, const int8_t *b, int8_t *out)
{
    const struct tg_add_constants *c = &layer->constants;

    for (int32_t i = 0; i < layer->size; i++) {
        const int32_t ra = tg_requantize_tflm((a[i] - c->a_zero_point) * 0x100000, c->a_multiplier, c->a_shift);
        const int32_t rb = tg_requantize_tflm((b[i] - c->b_zero_point) * 0x100000, c->b_multiplier, c->b_shift);
        const int32_t y = tg_requantize_tflm(ra + rb, c->out_multiplier, c->out_shift);

        out[i] = (int8_t)tg_saturate_s8(y + c->out_zero_point);
    }
}

#endif

TG_KERNEL void tg_add_textbook_s8_mve(const struct tg_add *layer, const int8_t *a, const int8_t *b, int8_t *out)
{
    add(layer, a, b, out);
    tg_mve_clamp(out, layer->size, layer->constants.out_min, layer->constants.out_max);
}
