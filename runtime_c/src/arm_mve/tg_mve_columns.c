/* Columns of windows. See tg_mve_columns.h. Instructions for a cell: 7, or with more than 16 bytes 6 and 3
 * for every 16. Neighbouring cells of up to 8 bytes: 6 for as many as 16 bytes hold, scattered over the columns.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_mve_assembly.h"
#include "tg_mve_columns.h"

#if TG_MVE_ASSEMBLY

TG_KERNEL TG_NAKED void tg_mve_columns(const struct tg_mve_layout *columns TG_REGISTER,
                                       const int8_t *const *rows TG_REGISTER, int32_t offset TG_REGISTER,
                                       int32_t count TG_REGISTER, int8_t *to TG_REGISTER)
{
    __asm__ volatile(
        "push {r4-r10, lr}\n"
        "ldr r4, [sp, #32]\n" /* to */
        "cmp r3, #0\n"
        "ble.w 5f\n"
        "ldrd r5, r6, [r0, #0]\n" /* height, cell */
        "ldr r7, [r0, #8]\n"      /* step */
        "cmp r6, #16\n"
        "ble.w 6f\n"
        "rsb r8, r6, #0\n"
        "and r8, r8, #15\n" /* what whole vectors exceed a cell by */

        /* a column */
        "1:\n"
        "mov r9, r1\n"
        "mov r10, r5\n"

        /* a cell, whose last vector is cut by the loop's predicate */
        "2:\n"
        "ldr r12, [r9], #4\n"
        "add r12, r2\n"
        "dlstp.8 lr, r6\n"
        "3:\n"
        "vldrb.u8 q0, [r12], #16\n"
        "vstrb.8 q0, [r4], #16\n"
        "letp lr, 3b\n"
        "sub.w r4, r4, r8\n"
        "subs.w r10, r10, #1\n"
        "bne 2b\n"

        "add r2, r7\n"
        "subs r3, #1\n"
        "bne 1b\n"
        "pop {r4-r10, pc}\n"

        /* cells of one vector: what is written beyond a cell is overwritten by the next */
        "6:\n"
        "cmp r6, #8\n"
        "bgt 4f\n"
        "cmp r6, r7\n"
        "bne 4f\n"
        "cmp r5, #15\n"
        "ble 9f\n"
        "4:\n"
        "vctp.8 r6\n"
        "7:\n"
        "mov r9, r1\n"
        "dls lr, r5\n"
        "8:\n"
        "ldr r12, [r9], #4\n"
        "add r12, r2\n"
        "vpst\n"
        "vldrbt.u8 q0, [r12]\n"
        "vstrb.8 q0, [r4]\n"
        "add r4, r6\n"
        "le lr, 8b\n"
        "add r2, r7\n"
        "subs r3, #1\n"
        "bne 7b\n"
        "5:\n"
        "pop {r4-r10, pc}\n"

        /* neighbours: byte i of a vector goes to i + (i / cell) * (height - 1) * cell */
        "9:\n"
        "movs r0, #0\n"
        "vidup.u8 q2, r0, #2\n"
        "add.w r8, r6, #127\n"
        "udiv r8, r8, r6\n" /* 128 / cell, rounded up */
        "vdup.8 q1, r8\n"
        "vmulh.u8 q1, q1, q2\n"
        "mul r9, r5, r6\n" /* bytes of a column */
        "subs r8, r9, r6\n"
        "vmul.i8 q1, q1, r8\n"
        "movs r0, #0\n"
        "vidup.u8 q2, r0, #1\n"
        "vadd.i8 q1, q1, q2\n"
        "movs r0, #16\n"
        "udiv r0, r0, r6\n" /* columns of a vector */
        "mul r7, r0, r6\n"  /* their bytes in a row */
        "mul r9, r9, r0\n"  /* and where they go */
        "udiv r10, r3, r0\n"
        "mls r0, r10, r0, r3\n"
        "muls r0, r6, r0\n" /* bytes of the last columns */

        /* a row */
        "10:\n"
        "vctp.8 r7\n"
        "ldr r3, [r1], #4\n"
        "add r3, r2\n"
        "mov r12, r4\n"
        "wls lr, r10, 12f\n"
        "11:\n"
        "vpstt\n"
        "vldrbt.u8 q0, [r3]\n"
        "vstrbt.8 q0, [r12, q1]\n"
        "add r3, r7\n"
        "add r12, r9\n"
        "le lr, 11b\n"
        "12:\n"
        "vctp.8 r0\n"
        "vpstt\n"
        "vldrbt.u8 q0, [r3]\n"
        "vstrbt.8 q0, [r12, q1]\n"
        "add r4, r6\n"
        "subs r5, #1\n"
        "bne 10b\n"
        "pop {r4-r10, pc}\n");
}

#else

TG_KERNEL void tg_mve_columns(const struct tg_mve_layout *columns, const int8_t *const *rows, int32_t offset,
                              int32_t count, int8_t *to)
{
    for (int32_t c = 0; c < count; c++) {
        for (int32_t y = 0; y < columns->height; y++) {
            memcpy(to, rows[y] + offset, (size_t)columns->cell);
            to += columns->cell;
        }
        offset += columns->step;
    }
}

#endif
