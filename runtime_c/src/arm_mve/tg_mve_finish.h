/* Assembly text: from vectors of sums to bytes, in the three forms of tg_mve.h.
 *
 * r0: sums, r1: words, r4: factor, r5: zero point. q0 .. q3 are overwritten.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MVE_FINISH_H
#define TG_MVE_FINISH_H

/* One tile of two vectors: to the halves `half` (b or t) of the lanes of q4 and q5. 11, 17 and 29 instructions. */
#define TG_MVE_PLAIN_TWO(half)                                                                                \
    "vldrw.u32 q0, [r0], #16\n"                                                                               \
    "vldrw.u32 q2, [r1]\n"                                                                                    \
    "vmla.s32 q2, q0, r4\n"                                                                                   \
    "vldrw.u32 q1, [r0], #16\n"                                                                               \
    "vldrw.u32 q3, [r1], #16\n"                                                                               \
    "vmla.s32 q3, q1, r4\n"                                                                                   \
    "vldrw.u32 q0, [r1], #16\n"                                                                               \
    "vmulh.s32 q2, q2, q0\n"                                                                                  \
    "vmulh.s32 q3, q3, q0\n"                                                                                  \
    "vshrn" half ".i32 q4, q2, #16\n"                                                                         \
    "vshrn" half ".i32 q5, q3, #16\n"

#define TG_MVE_SIGNED_TWO(half)                                                                               \
    "vldrw.u32 q0, [r0], #16\n"                                                                               \
    "vldrw.u32 q2, [r1]\n"                                                                                    \
    "vmla.s32 q2, q0, r4\n"                                                                                   \
    "vldrw.u32 q1, [r0], #16\n"                                                                               \
    "vldrw.u32 q3, [r1], #16\n"                                                                               \
    "vmla.s32 q3, q1, r4\n"                                                                                   \
    "vldrw.u32 q0, [r1], #16\n"                                                                               \
    "vmulh.s32 q1, q2, q0\n"                                                                                  \
    "vmulh.s32 q0, q3, q0\n"                                                                                  \
    "vpt.s32 ge, q2, zr\n"                                                                                    \
    "vldrwt.u32 q2, [r1]\n"                                                                                   \
    "vadd.i32 q1, q1, q2\n"                                                                                   \
    "vpt.s32 ge, q3, zr\n"                                                                                    \
    "vldrwt.u32 q3, [r1], #16\n"                                                                              \
    "vadd.i32 q0, q0, q3\n"                                                                                   \
    "vshrn" half ".i32 q4, q1, #16\n"                                                                         \
    "vshrn" half ".i32 q5, q0, #16\n"

/* Rule A4 rounds ties away from zero: VRSHL rounds them up, so negative values lose one before. */
#define TG_MVE_TEXTBOOK_VECTOR(half, to)                                                                      \
    "vldrw.u32 q0, [r0], #16\n"                                                                               \
    "vldrw.u32 q1, [r1]\n"                                                                                    \
    "vadd.i32 q0, q0, q1\n"                                                                                   \
    "vldrw.u32 q1, [r1, #32]\n"                                                                               \
    "vshl.s32 q0, q0, q1\n"                                                                                   \
    "vldrw.u32 q1, [r1, #16]\n"                                                                               \
    "vqrdmulh.s32 q0, q0, q1\n"                                                                               \
    "vldrw.u32 q1, [r1, #48]\n"                                                                               \
    "vand q2, q0, q1\n"                                                                                       \
    "vshr.s32 q2, q2, #31\n"                                                                                  \
    "vqadd.s32 q0, q0, q2\n"                                                                                  \
    "vrshl.s32 q0, q0, q1\n"                                                                                  \
    "vqadd.s32 q0, q0, r5\n"                                                                                  \
    "vqmovn" half ".s32 " to ", q0\n"

#define TG_MVE_TEXTBOOK_TWO(half)                                                                             \
    TG_MVE_TEXTBOOK_VECTOR(half, "q4")                                                                        \
    TG_MVE_TEXTBOOK_VECTOR(half, "q5")                                                                        \
    "add.w r1, r1, #64\n"

/* One tile of one vector: to q4. */
#define TG_MVE_PLAIN_ONE(half)                                                                                \
    "vldrw.u32 q0, [r0], #16\n"                                                                               \
    "vldrw.u32 q2, [r1], #16\n"                                                                               \
    "vmla.s32 q2, q0, r4\n"                                                                                   \
    "vldrw.u32 q1, [r1], #16\n"                                                                               \
    "vmulh.s32 q2, q2, q1\n"                                                                                  \
    "vshrn" half ".i32 q4, q2, #16\n"

#define TG_MVE_SIGNED_ONE(half)                                                                               \
    "vldrw.u32 q0, [r0], #16\n"                                                                               \
    "vldrw.u32 q2, [r1], #16\n"                                                                               \
    "vmla.s32 q2, q0, r4\n"                                                                                   \
    "vldrw.u32 q1, [r1], #16\n"                                                                               \
    "vmulh.s32 q1, q2, q1\n"                                                                                  \
    "vldrw.u32 q0, [r1], #16\n"                                                                               \
    "vpt.s32 ge, q2, zr\n"                                                                                    \
    "vaddt.i32 q1, q1, q0\n"                                                                                  \
    "vshrn" half ".i32 q4, q1, #16\n"

#define TG_MVE_TEXTBOOK_ONE(half)                                                                             \
    TG_MVE_TEXTBOOK_VECTOR(half, "q4")                                                                        \
    "add.w r1, r1, #64\n"

/* The zero point of the form with a sign term. */
#define TG_MVE_ZERO_POINT(vector) "vqadd.s16 " vector ", " vector ", r5\n"

#endif
