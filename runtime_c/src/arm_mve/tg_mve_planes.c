/* See tg_mve_planes.h. 6 instructions for a pixel of up to 8 channels, 8 for one of more.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_mve_assembly.h"
#include "tg_mve_planes.h"

#if TG_MVE_ASSEMBLY

TG_KERNEL TG_NAKED void tg_mve_planes(const struct tg_mve_planes_task *planes TG_REGISTER,
                                      const int8_t *row TG_REGISTER, int8_t *to TG_REGISTER)
{
    __asm__ volatile(
        "push {r4-r8, lr}\n"
        "ldrd r3, r4, [r0, #0]\n" /* width, step */
        "ldrd r5, r6, [r0, #8]\n" /* pitch, plane */
        "ldr r7, [r0, #16]\n"     /* channels */
        "movs r8, #0\n"
        "vidup.u16 q1, r8, #1\n"
        "vmul.i16 q1, q1, r6\n" /* the planes of eight channels */
        "cmp r7, #8\n"
        "bgt 3f\n"
        "vctp.16 r7\n"
        "dls lr, r3\n"
        "1:\n"
        "vpstt\n"
        "vldrbt.u16 q0, [r1]\n"
        "vstrbt.16 q0, [r2, q1]\n"
        "add r1, r4\n"
        "add r2, r5\n"
        "le lr, 1b\n"
        "pop {r4-r8, pc}\n"

        /* more than eight channels: two vectors */
        "3:\n"
        "lsls r6, r6, #3\n"
        "vadd.i16 q2, q1, r6\n"
        "subs r7, #8\n"
        "vctp.16 r7\n"
        "dls lr, r3\n"
        "4:\n"
        "vldrb.u16 q0, [r1]\n"
        "vstrb.16 q0, [r2, q1]\n"
        "vpstt\n"
        "vldrbt.u16 q3, [r1, #8]\n"
        "vstrbt.16 q3, [r2, q2]\n"
        "add r1, r4\n"
        "add r2, r5\n"
        "le lr, 4b\n"
        "pop {r4-r8, pc}\n");
}

#else

TG_KERNEL void tg_mve_planes(const struct tg_mve_planes_task *planes, const int8_t *row, int8_t *to)
{
    for (int32_t x = 0; x < planes->width; x++) {
        for (int32_t c = 0; c < planes->channels; c++) {
            to[c * planes->plane + x * planes->pitch] = row[x * planes->pixel_step + c];
        }
    }
}

#endif
