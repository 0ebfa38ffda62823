/* Assembly text of depthwise kernels: 16 lanes at a time, sums of 32 bits in q0 .. q3, the last of which lies in memory
 * at [sp] while products are made.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MVE_LANES_H
#define TG_MVE_LANES_H

/* Products of the values at [x] and the next 16 weights: even lanes to q4, odd ones to q5. 4 instructions. */
#define TG_MVE_FIRST_TAP(load)                                                                                \
    load "vldrb.u8 q7, [r3], #16\n"                                                                           \
         "vmullb.s8 q4, q6, q7\n"                                                                             \
         "vmullt.s8 q5, q6, q7\n"

/* The same, added. 6 instructions. */
#define TG_MVE_NEXT_TAP(load)                                                                                 \
    load "vldrb.u8 q7, [r3], #16\n"                                                                           \
         "vmullb.s8 q3, q6, q7\n"                                                                             \
         "vmullt.s8 q7, q6, q7\n"                                                                             \
         "vadd.i16 q4, q4, q3\n"                                                                              \
         "vadd.i16 q5, q5, q7\n"

/* 16-bit sums become the first 32-bit ones, or are added to them. 5 and 10 instructions. */
#define TG_MVE_START_SUMS                                                                                     \
    "vmovlb.s16 q0, q4\n"                                                                                     \
    "vmovlt.s16 q1, q4\n"                                                                                     \
    "vmovlb.s16 q2, q5\n"                                                                                     \
    "vmovlt.s16 q3, q5\n"                                                                                     \
    "vstrw.32 q3, [sp]\n"

#define TG_MVE_ADD_TO_SUMS                                                                                    \
    "vmovlb.s16 q6, q4\n"                                                                                     \
    "vmovlt.s16 q7, q4\n"                                                                                     \
    "vadd.i32 q0, q0, q6\n"                                                                                   \
    "vadd.i32 q1, q1, q7\n"                                                                                   \
    "vmovlb.s16 q6, q5\n"                                                                                     \
    "vmovlt.s16 q7, q5\n"                                                                                     \
    "vldrw.u32 q3, [sp]\n"                                                                                    \
    "vadd.i32 q2, q2, q6\n"                                                                                   \
    "vadd.i32 q3, q3, q7\n"                                                                                   \
    "vstrw.32 q3, [sp]\n"

/* The last addition, after which all sums are in registers. 9 instructions. */
#define TG_MVE_COMPLETE_SUMS                                                                                  \
    "vmovlb.s16 q6, q4\n"                                                                                     \
    "vmovlt.s16 q7, q4\n"                                                                                     \
    "vadd.i32 q0, q0, q6\n"                                                                                   \
    "vadd.i32 q1, q1, q7\n"                                                                                   \
    "vmovlb.s16 q6, q5\n"                                                                                     \
    "vmovlt.s16 q7, q5\n"                                                                                     \
    "vldrw.u32 q3, [sp]\n"                                                                                    \
    "vadd.i32 q2, q2, q6\n"                                                                                   \
    "vadd.i32 q3, q3, q7\n"

/* A quarter of the sums to halves of q6 or q7. r4: words, r7: factor, or for the textbook zero point. */
#define TG_MVE_PLAIN_QUARTER(sums, to, half)                                                                  \
    "vldrw.u32 q4, [r4], #16\n"                                                                               \
    "vldrw.u32 q5, [r4], #16\n"                                                                               \
    "vmla.s32 q4, " sums ", r7\n"                                                                             \
    "vmulh.s32 q4, q4, q5\n"                                                                                  \
    "vshrn" half ".i32 " to ", q4, #16\n"

#define TG_MVE_SIGNED_QUARTER(sums, to, half)                                                                 \
    "vldrw.u32 q4, [r4], #16\n"                                                                               \
    "vldrw.u32 q5, [r4], #16\n"                                                                               \
    "vmla.s32 q4, " sums ", r7\n"                                                                             \
    "vmulh.s32 " sums ", q4, q5\n"                                                                            \
    "vldrw.u32 q5, [r4], #16\n"                                                                               \
    "vpt.s32 ge, q4, zr\n"                                                                                    \
    "vaddt.i32 " sums ", " sums ", q5\n"                                                                      \
    "vshrn" half ".i32 " to ", " sums ", #16\n"

#define TG_MVE_TEXTBOOK_QUARTER(sums, to, half)                                                               \
    "vldrw.u32 q4, [r4], #16\n"                                                                               \
    "vldrw.u32 q5, [r4], #16\n"                                                                               \
    "vadd.i32 " sums ", " sums ", q4\n"                                                                       \
    "vldrw.u32 q4, [r4], #16\n"                                                                               \
    "vshl.s32 " sums ", " sums ", q4\n"                                                                       \
    "vqrdmulh.s32 " sums ", " sums ", q5\n"                                                                   \
    "vldrw.u32 q5, [r4], #16\n"                                                                               \
    "vand q4, " sums ", q5\n"                                                                                 \
    "vshr.s32 q4, q4, #31\n"                                                                                  \
    "vqadd.s32 " sums ", " sums ", q4\n"                                                                      \
    "vrshl.s32 " sums ", " sums ", q5\n"                                                                      \
    "vqadd.s32 " sums ", " sums ", r7\n"                                                                      \
    "vqmovn" half ".s32 " to ", " sums "\n"

#define TG_MVE_QUARTERS(quarter)                                                                              \
    quarter("q0", "q6", "b") quarter("q1", "q6", "t") quarter("q2", "q7", "b") quarter("q3", "q7", "t")

/* All sums to the bytes of q6. 27 instructions and more. [sp, #16]: factor, zero point, form. */
#define TG_MVE_FINISH_LANES                                                                                   \
    "ldr r7, [sp, #24]\n"                                                                                     \
    "cmp r7, #1\n"                                                                                            \
    "ldr r7, [sp, #16]\n"                                                                                     \
    "beq 71f\n"                                                                                               \
    "bhi.w 72f\n" TG_MVE_QUARTERS(TG_MVE_PLAIN_QUARTER) "b 73f\n"                                             \
    "71:\n" TG_MVE_QUARTERS(TG_MVE_SIGNED_QUARTER) "ldr r7, [sp, #20]\n"                                      \
    "vqadd.s16 q6, q6, r7\n"                                                                                  \
    "vqadd.s16 q7, q7, r7\n"                                                                                  \
    "b 73f\n"                                                                                                 \
    "72:\n"                                                                                                   \
    "ldr r7, [sp, #20]\n" TG_MVE_QUARTERS(TG_MVE_TEXTBOOK_QUARTER) "73:\n"                                    \
    "vqmovnb.s16 q6, q6\n"                                                                                    \
    "vqmovnt.s16 q6, q7\n"

#endif
