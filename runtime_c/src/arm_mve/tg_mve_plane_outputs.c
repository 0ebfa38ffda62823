/* See tg_mve_plane_outputs.h. 9 instructions for four outputs; 15 with a sign term, 18 for the textbook.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_mve_plane_outputs.h"
#include "tg_mve_assembly.h"
#include "tg_mve_c.h"

#if TG_MVE_ASSEMBLY

/* Sums of a vector to q0: r5 is the factor, q1 the same in every lane, r7, q2, r12 and r4 the words in their order. */
#define PLAIN                                                                                                 \
    "vmlas.s32 q0, q1, r7\n"                                                                                  \
    "vmulh.s32 q0, q0, q2\n"                                                                                  \
    "vshrnb.i32 q0, q0, #16\n"

#define SIGNED                                                                                                \
    "vmul.i32 q0, q0, r5\n"                                                                                   \
    "vadd.i32 q0, q0, r7\n"                                                                                   \
    "vmulh.s32 q1, q0, q2\n"                                                                                  \
    "vpt.s32 ge, q0, zr\n"                                                                                    \
    "vaddt.i32 q1, q1, r12\n"                                                                                 \
    "vshrnb.i32 q0, q1, #16\n"                                                                                \
    "vqadd.s16 q0, q0, r6\n"                                                                                  \
    "vmsr p0, r10\n"

/* Rule A4 rounds ties away from zero: VRSHL rounds them up, so negative values lose one before. */
#define TEXTBOOK                                                                                              \
    "vadd.i32 q0, q0, r7\n"                                                                                   \
    "vshl.s32 q0, r12\n"                                                                                      \
    "vqrdmulh.s32 q0, q0, q2\n"                                                                               \
    "vdup.32 q1, r4\n"                                                                                        \
    "vand q1, q0, q1\n"                                                                                       \
    "vshr.s32 q1, q1, #31\n"                                                                                  \
    "vqadd.s32 q0, q0, q1\n"                                                                                  \
    "vrshl.s32 q0, r4\n"                                                                                      \
    "vqadd.s32 q0, q0, r6\n"                                                                                  \
    "vqmovnb.s32 q0, q0\n"

/* Vectors with one mask, then the last one with its own. */
#define VECTORS(output)                                                                                       \
    "1:\n"                                                                                                    \
    "vmsr p0, r10\n"                                                                                          \
    "wls lr, r9, 3f\n"                                                                                        \
    "2:\n"                                                                                                    \
    "vldrw.u32 q0, [r2], #16\n" output "vqmovnb.s16 q0, q0\n"                                                 \
    "vpst\n"                                                                                                  \
    "vstrbt.32 q0, [r3, q3]\n"                                                                                \
    "add r3, r8\n"                                                                                            \
    "le lr, 2b\n"                                                                                             \
    "3:\n"                                                                                                    \
    "mov r10, r11\n"                                                                                          \
    "mov.w r11, #0\n"                                                                                         \
    "mov.w r9, #1\n"                                                                                          \
    "cmp.w r10, #0\n"                                                                                         \
    "bne 1b\n"                                                                                                \
    "pop {r4-r12, pc}\n"

TG_KERNEL TG_NAKED void tg_mve_plane_outputs(const struct tg_mve_plane_outputs_task *outputs TG_REGISTER,
                                             const int32_t *words TG_REGISTER, const int32_t *sums TG_REGISTER,
                                             int32_t offset TG_REGISTER)
{
    __asm__ volatile(
        "push {r4-r12, lr}\n"
        "ldrd r4, r5, [r0, #0]\n"  /* form, factor */
        "ldrd r6, r8, [r0, #8]\n"  /* zero point, step */
        "ldrd r9, r10, [r0, #16]\n" /* vectors, mask */
        "ldr r11, [r0, #24]\n"     /* the last mask */
        "adds r0, #28\n"
        "vldrw.u32 q3, [r0]\n"
        "ldrd r7, r12, [r1, #0]\n"
        "vdup.32 q2, r12\n"
        "cmp r4, #1\n"
        "bge 4f\n"
        "vdup.32 q1, r5\n" VECTORS(PLAIN)
        "4:\n"
        "ldr r12, [r1, #8]\n"
        "bgt 5f\n" VECTORS(SIGNED)
        "5:\n"
        "ldr r4, [r1, #12]\n" VECTORS(TEXTBOOK));
}

#else

TG_KERNEL void tg_mve_plane_outputs(const struct tg_mve_plane_outputs_task *outputs, const int32_t *words,
                                    const int32_t *sums, int32_t offset)
{
    struct tg_mve_dense form;

    memset(&form, 0, sizeof form);
    form.factor = outputs->factor;
    form.zero_point = outputs->zero_point;
    form.form = outputs->form;
    for (int32_t v = 0; v <= outputs->vectors; v++) {
        const int32_t mask = v < outputs->vectors ? outputs->mask : outputs->end_mask;

        for (int32_t lane = 0; lane < 4; lane++) {
            if (mask >> 4 * lane & 1) {
                outputs->lanes[lane][offset + v * outputs->step] = tg_mve_output(&form, sums[4 * v + lane], words, 1);
            }
        }
    }
}

#endif
