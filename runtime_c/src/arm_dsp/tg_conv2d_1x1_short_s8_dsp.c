/* See tg_conv2d_1x1_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#define RUN tg_conv2d_1x1_short_run_dsp
#define STARTS "32"

/* 26 cycles. ONE_PRODUCT: 256 times the accumulators; the words of A and B, then of C and D */
#define FINISH                                                                                                        \
    "lsl alo_ab, alo_ab, #8\n"                                                                                        \
    "lsl blo_ab, blo_ab, #8\n"                                                                                        \
    "lsl alo_cd, alo_cd, #8\n"                                                                                        \
    "lsl blo_cd, blo_cd, #8\n"                                                                                        \
    "ldm w, {r0-r3}\n"                                                                                                \
    "smmla alo_ab, alo_ab, r0, r1\n"                                                                                  \
    "smmla blo_ab, blo_ab, r0, r1\n"                                                                                  \
    "smmla amix_ab, amix_ab, r2, r3\n"                                                                                \
    "smmla bmix_ab, bmix_ab, r2, r3\n"                                                                                \
    "ldr r0, [w, #16]\n"                                                                                              \
    "ldr r1, [w, #20]\n"                                                                                              \
    "ldr r2, [w, #24]\n"                                                                                              \
    "ldr r3, [w, #28]\n"                                                                                              \
    "smmla alo_cd, alo_cd, r0, r1\n"                                                                                  \
    "smmla blo_cd, blo_cd, r0, r1\n"                                                                                  \
    "smmla amix_cd, amix_cd, r2, r3\n"                                                                                \
    "smmla bmix_cd, bmix_cd, r2, r3\n"                                                                                \
    ".irp sum, r6,r7,r8,r9,r10,r11,r12,r14\n"                                                                         \
    "ssat \\sum, #8, \\sum, asr #12\n"                                                                                \
    ".endr\n"

#include "tg_conv2d_1x1_short_core.h"

TG_KERNEL void tg_conv2d_1x1_short_s8_dsp(const struct tg_conv2d_1x1_dsp *layer, const int8_t *in, int8_t *out,
                                          void *scratch)
{
    tg_pointwise_whole(layer, in, out, scratch, RUN);
}

TG_KERNEL void tg_conv2d_1x1_short_s8_dsp_rows(const struct tg_conv2d_1x1_dsp *layer, const int8_t *const *rows,
                                               int8_t *const *out, int32_t row_count, void *scratch)
{
    tg_pointwise_rows(layer, rows, out, row_count, scratch, RUN);
}
