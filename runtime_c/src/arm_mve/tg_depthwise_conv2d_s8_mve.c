/* Depthwise convolution. See tg_depthwise_conv2d_mve.h.
 *
 * Instructions for 16 outputs: 24 for every two taps, and 38.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_conv2d_mve_core.h"
#include "tg_mve_lanes.h"

#if TG_MVE_ASSEMBLY

/* Two taps from the table; r2 is the place in their rows. */
#define TWO_TAPS                                                                                              \
    "ldrd r8, r10, [r1], #8\n"                                                                                \
    "add.w r8, r8, r2\n"                                                                                      \
    "add.w r10, r10, r2\n" TG_MVE_FIRST_TAP("vldrb.u8 q6, [r8]\n") TG_MVE_NEXT_TAP("vldrb.u8 q6, [r10]\n")

static TG_NAKED void compute_row(const struct tg_mve_lanes *lanes TG_REGISTER)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "vpush {d8-d15}\n"
        "sub sp, #44\n"
        /* frame: 0 sums, 16 factor, 20 zero point, 24 form, 28 lanes, 32 place of the unit, 36 outputs that are left */
        "str r0, [sp, #28]\n"
        "movs r2, #0\n"
        "ldrd r5, r1, [r0, #20]\n"
        "strd r2, r1, [sp, #32]\n"
        "ldrd r2, r3, [r0, #28]\n"
        "strd r2, r3, [sp, #16]\n"
        "ldrd r2, r9, [r0, #36]\n"
        "str r2, [sp, #24]\n"
        "lsr r9, r9, #1\n"
        "subs r9, r9, #1\n" /* pairs of taps after the first */

        /* a unit: lanes, or fewer in the last one */
        "1:\n"
        "ldr r0, [sp, #28]\n"
        "ldrd r3, r4, [r0, #4]\n"
        "ldrd r2, r1, [sp, #32]\n"
        "ldrd r6, r8, [r0, #12]\n" /* lanes, step */
        "add.w r8, r8, r2\n"
        "cmp r6, r1\n"
        "it gt\n"
        "movgt r6, r1\n"
        "subs r1, r1, r6\n"
        "strd r8, r1, [sp, #32]\n"

        /* a vector */
        "2:\n"
        "ldr r0, [sp, #28]\n"
        "ldr r1, [r0, #0]\n" TWO_TAPS TG_MVE_START_SUMS "wls lr, r9, 4f\n"
        "3:\n" TWO_TAPS TG_MVE_ADD_TO_SUMS "le lr, 3b\n"
        "4:\n"
        "vldrw.u32 q3, [sp]\n" TG_MVE_FINISH_LANES "vctp.8 r6\n"
        "vpst\n"
        "vstrbt.8 q6, [r5]\n"
        "adds r5, #16\n"
        "adds r2, #16\n"
        "subs r6, #16\n"
        "bgt.w 2b\n"

        "add r5, r6\n" /* back to the end of the unit */
        "ldr r1, [sp, #36]\n"
        "cmp r1, #0\n"
        "bgt.w 1b\n"
        "add sp, #44\n"
        "vpop {d8-d15}\n"
        "pop {r4-r11, pc}\n");
}

#else

static void compute_row(const struct tg_mve_lanes *lanes)
{
    tg_mve_lanes_c(lanes);
}

#endif

TG_KERNEL void tg_depthwise_conv2d_s8_mve_rows(const struct tg_depthwise_conv2d_mve *layer,
                                               const int8_t *const *rows, int8_t *const *out, int32_t row_count,
                                               void *scratch)
{
    const struct tg_mve_rows from = {rows, 0, out, 0, row_count};

    tg_mve_depthwise(layer, &from, scratch, compute_row);
}

TG_KERNEL void tg_depthwise_conv2d_s8_mve(const struct tg_depthwise_conv2d_mve *layer, const int8_t *in,
                                          int8_t *out, void *scratch)
{
    const struct tg_mve_rows from = {0, in, 0, out, layer->window.out_height};

    tg_mve_depthwise(layer, &from, scratch, compute_row);
}
