/* Depthwise convolution with kernels of nine cells. See tg_depthwise_conv2d_mve.h.
 *
 * Instructions for 16 outputs: 116 where three products have a sum in 16 bits, else 124.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_conv2d_mve_core.h"
#include "tg_mve_lanes.h"

#if TG_MVE_ASSEMBLY

/* Two taps, at places in their rows. */
#define PAIR(one, two)                                                                                        \
    TG_MVE_FIRST_TAP("vldrb.u8 q6, [" one "], #16\n") TG_MVE_NEXT_TAP("vldrb.u8 q6, [" two "], #16\n")

static TG_NAKED void compute_row(const struct tg_mve_lanes *lanes TG_REGISTER)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "vpush {d8-d15}\n"
        "sub sp, #44\n"
        /* frame: 0 sums, 16 factor, 20 zero point, 24 form, 28 lanes, 32 whether three taps come first, 36 outputs
         * that are left */
        "mov r7, r0\n"
        "str r0, [sp, #28]\n"
        "ldrd r11, r1, [r0, #20]\n" /* out, outputs */
        "str r1, [sp, #36]\n"
        "ldrd r2, r3, [r0, #28]\n"
        "strd r2, r3, [sp, #16]\n"
        "ldr r2, [r0, #36]\n"
        "str r2, [sp, #24]\n"
        "ldr r2, [r0, #44]\n"
        "str r2, [sp, #32]\n"
        "ldr r3, [r0, #0]\n"
        "ldm.w r3, {r0, r1, r2, r5, r6, r8, r9, r10, lr}\n"

        /* a unit: lanes, or fewer in the last one */
        "1:\n"
        "ldr r7, [sp, #28]\n"
        "ldrd r3, r12, [r7, #8]\n" /* words, lanes */
        "mov r4, r3\n"
        "ldr r3, [sp, #36]\n"
        "cmp r12, r3\n"
        "it gt\n"
        "movgt r12, r3\n"
        "sub.w r3, r3, r12\n"
        "str r3, [sp, #36]\n"
        "ldr r3, [r7, #4]\n"

        /* a vector */
        "2:\n" PAIR("r0", "r1") "ldr r7, [sp, #32]\n"
        "cbz r7, 3f\n" TG_MVE_NEXT_TAP("vldrb.u8 q6, [r2], #16\n") TG_MVE_START_SUMS "b 4f\n"
        "3:\n" TG_MVE_START_SUMS TG_MVE_FIRST_TAP("vldrb.u8 q6, [r2], #16\n") TG_MVE_ADD_TO_SUMS "4:\n"
        PAIR("r5", "r6") TG_MVE_ADD_TO_SUMS PAIR("r8", "r9") TG_MVE_ADD_TO_SUMS PAIR("r10", "lr")
        TG_MVE_COMPLETE_SUMS TG_MVE_FINISH_LANES "vctp.8 r12\n"
        "vpst\n"
        "vstrbt.8 q6, [r11]\n"
        "adds.w r11, r11, #16\n"
        "subs.w r12, r12, #16\n"
        "bgt.w 2b\n"

        "add r11, r12\n" /* back to the end of the unit */
        "ldr r7, [sp, #36]\n"
        "cmp r7, #0\n"
        "ble 6f\n"
        "ldr r7, [sp, #28]\n"
        "ldr r7, [r7, #48]\n" /* what the taps miss to the next unit */
        "cmp r7, #0\n"
        "beq.w 1b\n"
        "add r0, r7\n"
        "add r1, r7\n"
        "add r2, r7\n"
        "add r5, r7\n"
        "add r6, r7\n"
        "add r8, r7\n"
        "add r9, r7\n"
        "add r10, r7\n"
        "add lr, r7\n"
        "b.w 1b\n"
        "6:\n"
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

TG_KERNEL void tg_depthwise_conv2d_nine_s8_mve_rows(const struct tg_depthwise_conv2d_mve *layer,
                                               const int8_t *const *rows, int8_t *const *out, int32_t row_count,
                                               void *scratch)
{
    const struct tg_mve_rows from = {rows, 0, out, 0, row_count};

    tg_mve_depthwise(layer, &from, scratch, compute_row);
}

TG_KERNEL void tg_depthwise_conv2d_nine_s8_mve(const struct tg_depthwise_conv2d_mve *layer, const int8_t *in,
                                          int8_t *out, void *scratch)
{
    const struct tg_mve_rows from = {0, in, 0, out, layer->window.out_height};

    tg_mve_depthwise(layer, &from, scratch, compute_row);
}
