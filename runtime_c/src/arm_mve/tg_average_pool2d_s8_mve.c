/* Average pooling. See tg_pool2d_mve.h. 8 instructions for 16 channels of a cell, and about 35.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_mve_assembly.h"
#include "tg_mve_pool.h"

#if TG_MVE_ASSEMBLY

/* Eight sums in 16 bits to their means. r11: half, r12: multiplier, r2: minus the shift. */
#define MEAN(sums)                                                                                            \
    "vshr.s16 q2, " sums ", #15\n"                                                                            \
    "vabs.s16 " sums ", " sums "\n"                                                                           \
    "vadd.i16 " sums ", " sums ", r11\n"                                                                      \
    "vmulh.u16 " sums ", " sums ", q3\n"                                                                      \
    "vshl.u16 " sums ", r2\n"                                                                                 \
    "veor " sums ", " sums ", q2\n"                                                                           \
    "vsub.i16 " sums ", " sums ", q2\n"

static TG_NAKED void mean(const struct tg_mve_cells *cells TG_REGISTER)
{
    __asm__ volatile(
        "push {r4-r12, lr}\n"
        "ldrd r4, r5, [r0, #0]\n"    /* rows, their number */
        "ldrd r6, r7, [r0, #8]\n"    /* offset, columns */
        "ldrd r10, r12, [r0, #24]\n" /* out, pixels */
        "ldr.w r11, [r0, #36]\n"     /* half */
        "push {r6, r12}\n"
        /* a window */
        "0:\n"
        "ldrd r8, r9, [r0, #16]\n" /* step, channels */
        "1:\n"
        "vctp.8 r9\n"
        "vmov.i32 q0, #0\n"
        "vmov.i32 q1, #0\n"
        "mov r1, r4\n"
        "mov r2, r5\n"
        "2:\n"
        "ldr r3, [r1], #4\n"
        "add r3, r6\n"
        "dls lr, r7\n"
        "3:\n"
        "vpst\n"
        "vldrbt.u8 q2, [r3]\n"
        "vmovlb.s8 q3, q2\n"
        "vmovlt.s8 q2, q2\n"
        "vadd.i16 q0, q0, q3\n"
        "vadd.i16 q1, q1, q2\n"
        "add r3, r8\n"
        "le lr, 3b\n"
        "subs r2, #1\n"
        "bne 2b\n"

        "ldrd r12, r2, [r0, #40]\n"
        "vdup.16 q3, r12\n" MEAN("q0") MEAN("q1") "vmovnb.i16 q0, q0\n"
        "vmovnt.i16 q0, q1\n"
        "vpst\n"
        "vstrbt.8 q0, [r10], #16\n"
        "adds r6, #16\n"
        "subs.w r9, r9, #16\n"
        "bgt 1b\n"
        "add r10, r9\n" /* back to the end of the pixel */
        "ldrd r6, r1, [sp, #0]\n"
        "ldr r3, [r0, #32]\n"
        "add r6, r3\n"
        "subs r1, #1\n"
        "strd r6, r1, [sp, #0]\n"
        "bne 0b\n"
        "add sp, #8\n"
        "pop {r4-r12, pc}\n");
}

#else

/* The mean over the cells of a channel, the first of which has an offset in its row. */
static int8_t mean_of(const struct tg_mve_cells *cells, int32_t offset)
{
    int32_t sum = 0;

    for (int32_t y = 0; y < cells->row_count; y++) {
        for (int32_t x = 0; x < cells->columns; x++) {
            sum += cells->rows[y][offset + x * cells->step];
        }
    }
    const uint32_t size = (uint32_t)(sum < 0 ? -sum : sum) + (uint32_t)cells->half;
    const int32_t y = (int32_t)(size * (uint32_t)cells->multiplier >> (16 - cells->minus_shift));

    return (int8_t)(sum < 0 ? -y : y);
}

static void mean(const struct tg_mve_cells *cells)
{
    for (int32_t p = 0; p < cells->pixels; p++) {
        const int32_t offset = cells->offset + p * cells->pixel_step;

        for (int32_t c = 0; c < cells->channels; c++) {
            cells->out[p * cells->channels + c] = mean_of(cells, offset + c);
        }
    }
}

#endif

/* The means of windows: the constants for their number of cells. */
static void average(const struct tg_mve_cells *cells)
{
    const int32_t count = cells->row_count * cells->columns;
    struct tg_mve_cells task = *cells;
    int32_t shift = 0;

    if (count == 1) {
        tg_mve_maximum(cells);
        return;
    }
    while ((2 << shift) < count) {
        shift++;
    }
    task.half = count / 2;
    task.multiplier = (int32_t)((((uint32_t)1 << (16 + shift)) + (uint32_t)count - 1) / (uint32_t)count);
    task.minus_shift = -shift;
    mean(&task);
}

TG_KERNEL void tg_average_pool2d_s8_mve_rows(const struct tg_pool2d *layer, const int8_t *const *rows,
                                             int8_t *const *out, int32_t row_count, void *scratch)
{
    tg_mve_pool_rows(layer, rows, out, row_count, scratch, average);
}

TG_KERNEL void tg_average_pool2d_s8_mve(const struct tg_pool2d *layer, const int8_t *in, int8_t *out, void *scratch)
{
    tg_mve_pool_whole(layer, in, out, scratch, average);
}
