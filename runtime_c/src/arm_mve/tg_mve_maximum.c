/* Maxima of windows' cells. See tg_mve_maximum.h. 5 instructions for 16 channels of a cell.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_mve_maximum.h"
#include "tg_mve_assembly.h"

#if TG_MVE_ASSEMBLY

TG_KERNEL TG_NAKED void tg_mve_maximum(const struct tg_mve_cells *cells TG_REGISTER)
{
    __asm__ volatile(
        "push {r4-r12, lr}\n"
        "ldrd r4, r5, [r0, #0]\n"    /* rows, their number */
        "ldrd r11, r7, [r0, #8]\n"   /* offset, columns */
        "ldrd r10, r12, [r0, #24]\n" /* out, pixels */
        /* a window */
        "0:\n"
        "ldrd r8, r9, [r0, #16]\n" /* step, channels */
        "mov r6, r11\n"
        "1:\n"
        "vctp.8 r9\n"
        "vmov.i8 q0, #128\n"
        "mov r1, r4\n"
        "mov r2, r5\n"
        "2:\n"
        "ldr r3, [r1], #4\n"
        "add r3, r6\n"
        "dls lr, r7\n"
        "3:\n"
        "vpst\n"
        "vldrbt.u8 q1, [r3]\n"
        "vmax.s8 q0, q0, q1\n"
        "add r3, r8\n"
        "le lr, 3b\n"
        "subs r2, #1\n"
        "bne 2b\n"
        "vpst\n"
        "vstrbt.8 q0, [r10], #16\n"
        "adds r6, #16\n"
        "subs.w r9, r9, #16\n"
        "bgt 1b\n"
        "ldr r3, [r0, #32]\n"
        "add r10, r9\n" /* back to the end of the pixel */
        "add r11, r3\n"
        "subs.w r12, r12, #1\n"
        "bne 0b\n"
        "pop {r4-r12, pc}\n");
}

#else

/* The maximum over the cells of a channel, the first of which has an offset in its row. */
static int8_t maximum(const struct tg_mve_cells *cells, int32_t offset)
{
    int8_t most = -128;

    for (int32_t y = 0; y < cells->row_count; y++) {
        for (int32_t x = 0; x < cells->columns; x++) {
            const int8_t value = cells->rows[y][offset + x * cells->step];

            most = value > most ? value : most;
        }
    }
    return most;
}

TG_KERNEL void tg_mve_maximum(const struct tg_mve_cells *cells)
{
    for (int32_t p = 0; p < cells->pixels; p++) {
        const int32_t offset = cells->offset + p * cells->pixel_step;

        for (int32_t c = 0; c < cells->channels; c++) {
            cells->out[p * cells->channels + c] = maximum(cells, offset + c);
        }
    }
}

#endif
