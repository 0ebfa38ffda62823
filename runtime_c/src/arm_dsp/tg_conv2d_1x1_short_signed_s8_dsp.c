/* See tg_conv2d_1x1_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#define RUN tg_conv2d_1x1_short_signed_run_dsp
#define STARTS "48"

/* 56 cycles. TWO_ROUNDINGS: twice the accumulators; the words of one channel after the other */
#define FINISH                                                                                                        \
    ".macro tg_two_roundings words, suma, sumb\n"                                                                     \
    "ldr r0, [w, #\\words]\n"                                                                                         \
    "ldr r1, [w, #\\words + 4]\n"                                                                                     \
    "ldr r2, [w, #\\words + 8]\n"                                                                                     \
    "add r3, r1, \\suma, asr #31\n"                                                                                   \
    "smmlar \\suma, \\suma, r0, r3\n"                                                                                 \
    "add r3, r1, \\sumb, asr #31\n"                                                                                   \
    "smmlar \\sumb, \\sumb, r0, r3\n"                                                                                 \
    "asr \\suma, \\suma, r2\n"                                                                                        \
    "asr \\sumb, \\sumb, r2\n"                                                                                        \
    "ssat \\suma, #8, \\suma\n"                                                                                       \
    "ssat \\sumb, #8, \\sumb\n"                                                                                       \
    ".endm\n"                                                                                                         \
    ".irp sum, r6,r8,r10,r12\n"                                                                                       \
    "lsl \\sum, \\sum, #1\n"                                                                                          \
    ".endr\n"                                                                                                         \
    ".irp sum, r7,r9,r11,r14\n"                                                                                       \
    "asr \\sum, \\sum, #7\n"                                                                                          \
    ".endr\n"                                                                                                         \
    "tg_two_roundings 0, alo_ab, blo_ab\n"                                                                            \
    "tg_two_roundings 12, amix_ab, bmix_ab\n"                                                                         \
    "tg_two_roundings 24, alo_cd, blo_cd\n"                                                                           \
    "tg_two_roundings 36, amix_cd, bmix_cd\n"                                                                         \
    ".purgem tg_two_roundings\n"

#include "tg_conv2d_1x1_short_core.h"

TG_KERNEL void tg_conv2d_1x1_short_signed_s8_dsp(const struct tg_conv2d_1x1_dsp *layer, const int8_t *in, int8_t *out,
                                                 void *scratch)
{
    tg_pointwise_whole(layer, in, out, scratch, RUN);
}

TG_KERNEL void tg_conv2d_1x1_short_signed_s8_dsp_rows(const struct tg_conv2d_1x1_dsp *layer, const int8_t *const *rows,
                                                      int8_t *const *out, int32_t row_count, void *scratch)
{
    tg_pointwise_rows(layer, rows, out, row_count, scratch, RUN);
}
