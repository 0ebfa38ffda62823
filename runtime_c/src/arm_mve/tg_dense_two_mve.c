/* Pairs of vectors times a weight matrix. See tg_dense_two_mve.h.
 *
 * Instructions for a pair of vectors: 14 for each tile and step of 16 values (128 products), 2 for every four steps,
 * 9 for each tile (16 in all for each tile of a single step); then 27 for
 * every eight channels (39 and more for the other forms), and about 27.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_mve_assembly.h"
#include "tg_dense_two_mve.h"
#include "tg_mve_c.h"
#include "tg_mve_finish.h"

#if TG_MVE_ASSEMBLY

/* Four channels of weights from r3 times q0 and q1, loaded by `first` and `second`. `mac` sums in r0 r2 r4 r6 for the
 * first vector and in r8 r10 r12 lr for the second. */
#define PRODUCTS(mac, first, second)                                                                          \
    first "vldrb.u8 q2, [r3], #16\n" mac ".s8 r0, q2, q0\n" second mac ".s8 r8, q2, q1\n"                    \
          "vldrb.u8 q3, [r3], #16\n" mac ".s8 r2, q3, q0\n" mac ".s8 r10, q3, q1\n"                          \
          "vldrb.u8 q2, [r3], #16\n" mac ".s8 r4, q2, q0\n" mac ".s8 r12, q2, q1\n"                          \
          "vldrb.u8 q3, [r3], #16\n" mac ".s8 r6, q3, q0\n" mac ".s8 lr, q3, q1\n"

/* One step of a tile: the vectors come from r1 and r5. */
#define STEP(mac) PRODUCTS(mac, "vldrb.u8 q0, [r1], #16\n", "vldrb.u8 q1, [r5], #16\n")

/* r2, r3: outputs of the two vectors; r6: channels. Eight at a time, then tiles of neighbours. */
#define FINISH(two, end)                                                                                      \
    "lsrs lr, r6, #3\n"                                                                                       \
    "beq 82f\n"                                                                                               \
    "81:\n" two("b") two("t") end "vqmovnb.s16 q4, q4\n"                                                      \
    "vqmovnb.s16 q5, q5\n"                                                                                    \
    "vstrb.16 q4, [r2], #8\n"                                                                                 \
    "vstrb.16 q5, [r3], #8\n"                                                                                 \
    "le lr, 81b\n"                                                                                            \
    "82: ands r6, r6, #7\n"                                                                                   \
    "beq 90f\n"                                                                                               \
    "83:\n" two("b") end "vqmovnb.s16 q4, q4\n"                                                               \
    "vqmovnb.s16 q5, q5\n"                                                                                    \
    "vctp.32 r6\n"                                                                                            \
    "vpstt\n"                                                                                                 \
    "vstrbt.32 q4, [r2], #4\n"                                                                                \
    "vstrbt.32 q5, [r3], #4\n"                                                                                \
    "subs r6, r6, #4\n"                                                                                       \
    "bgt 83b\n"                                                                                               \
    "b.w 90f\n"

TG_KERNEL TG_NAKED void tg_dense_two_mve(const struct tg_mve_dense *dense TG_REGISTER, const int8_t *x TG_REGISTER,
                                         int32_t x_step TG_REGISTER, int8_t *out TG_REGISTER,
                                         int32_t pairs TG_REGISTER, int32_t *sums TG_REGISTER)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "vpush {d8-d11}\n"
        "sub sp, #44\n"
        /* frame: 0 first vector, 4 second, 8 weights, 12 sums, 16 their end, 20 out, 24 pairs, 28 dense, 32 x_step,
         * 36 where the loop of steps is entered, 40 how often it runs */
        "add.w r6, r1, r2\n"
        "strd r1, r6, [sp, #0]\n"
        "ldrd r4, r5, [sp, #112]\n" /* pairs, sums */
        "cmp r4, #0\n"
        "ble.w 91f\n"
        "ldr r7, [r0, #12]\n"
        "add.w r7, r5, r7, lsl #5\n"
        "strd r5, r7, [sp, #12]\n"
        "strd r3, r4, [sp, #20]\n"
        "strd r0, r2, [sp, #28]\n"
        "ldr r3, [r0, #0]\n"
        "str r3, [sp, #8]\n"
        "ldr r9, [r0, #8]\n"
        "subs r9, #1\n" TG_MVE_ENTER("36", "3", "2")

        /* a pair of vectors */
        "1:\n"
        "ldrd r3, r7, [sp, #8]\n"
        "cmp.w r9, #0\n"
        "bne 2f\n"

        /* tiles of one step: the vectors stay where they are */
        "ldrd r1, r5, [sp, #0]\n"
        "ldr r11, [sp, #16]\n"
        "vldrb.u8 q0, [r1]\n"
        "vldrb.u8 q1, [r5]\n"
        "6:\n" PRODUCTS("vmladav", "", "") "stm r7!, {r0, r2, r4, r6}\n"
        "stm.w r7!, {r8, r10, r12, lr}\n"
        "cmp r7, r11\n"
        "bne 6b\n"
        "b 7f\n"

        /* a tile: the first step, then four at a time, of which the first time leaves out some */
        "2:\n"
        "ldrd r1, r5, [sp, #0]\n" STEP("vmladav") "ldr r11, [sp, #40]\n"
        "ldr pc, [sp, #36]\n"
        "41:\n" STEP("vmladava") "42:\n" STEP("vmladava") STEP("vmladava") STEP("vmladava") "subs.w r11, r11, #1\n"
        "bne.w 41b\n"
        "5:\n"
        "stm r7!, {r0, r2, r4, r6}\n"
        "stm.w r7!, {r8, r10, r12, lr}\n"
        "ldr r0, [sp, #16]\n"
        "cmp r7, r0\n"
        "bne 2b\n"

        /* outputs */
        "7:\n"
        "ldr r7, [sp, #28]\n"
        "ldr r1, [r7, #4]\n"
        "ldrd r6, r4, [r7, #16]\n"
        "ldrd r5, r8, [r7, #24]\n"
        "ldr r2, [sp, #20]\n"
        "ldr.w r0, [r7, #32]\n"
        "add.w r3, r2, r0\n"
        "add.w r0, r0, r3\n"
        "str r0, [sp, #20]\n"
        "ldr r0, [sp, #12]\n"
        "cmp.w r8, #1\n"
        "beq.w 70f\n"
        "bhi.w 80f\n" FINISH(TG_MVE_PLAIN_TWO, "") "70:\n"
        FINISH(TG_MVE_SIGNED_TWO, TG_MVE_ZERO_POINT("q4") TG_MVE_ZERO_POINT("q5")) "80:\n"
        FINISH(TG_MVE_TEXTBOOK_TWO, "")

        /* the next pair */
        "90:\n"
        "ldrd r0, r1, [sp, #0]\n"
        "ldr r2, [sp, #32]\n"
        "add.w r0, r0, r2, lsl #1\n"
        "add.w r1, r1, r2, lsl #1\n"
        "strd r0, r1, [sp, #0]\n"
        "ldr r0, [sp, #24]\n"
        "subs r0, #1\n"
        "str r0, [sp, #24]\n"
        "bne.w 1b\n"
        "91:\n"
        "add sp, #44\n"
        "vpop {d8-d11}\n"
        "pop {r4-r11, pc}\n");
}

#else

TG_KERNEL void tg_dense_two_mve(const struct tg_mve_dense *dense, const int8_t *x, int32_t x_step, int8_t *out,
                                int32_t pairs, int32_t *sums)
{
    (void)sums;
    for (int32_t p = 0; p < 2 * pairs; p++) {
        tg_mve_dense_c(dense, x, out);
        x += x_step;
        out += dense->out_step;
    }
}

#endif
