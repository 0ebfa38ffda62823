/* A vector times a weight matrix. See tg_dense_one_mve.h.
 *
 * Instructions: 17 for each two tiles and step of 16 values (128 products), 2 for every eight steps, 9 for each two
 * tiles; then 15 for every eight channels (18 and more for the other forms), and about 55.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_mve_assembly.h"
#include "tg_dense_one_mve.h"
#include "tg_mve_c.h"
#include "tg_mve_finish.h"

#if TG_MVE_ASSEMBLY

/* One step of two tiles: r1 is the vector, r3 and r5 are the weights. `mac` sums in r0 r2 r4 r6 for the first tile
 * and in r8 r10 r12 lr for the second. */
#define STEP(mac)                                                                                             \
    "vldrb.u8 q0, [r1], #16\n"                                                                                \
    "vldrb.u8 q1, [r3], #16\n" mac ".s8 r0, q1, q0\n"                                                         \
    "vldrb.u8 q2, [r5], #16\n" mac ".s8 r8, q2, q0\n"                                                         \
    "vldrb.u8 q1, [r3], #16\n" mac ".s8 r2, q1, q0\n"                                                         \
    "vldrb.u8 q2, [r5], #16\n" mac ".s8 r10, q2, q0\n"                                                        \
    "vldrb.u8 q1, [r3], #16\n" mac ".s8 r4, q1, q0\n"                                                         \
    "vldrb.u8 q2, [r5], #16\n" mac ".s8 r12, q2, q0\n"                                                        \
    "vldrb.u8 q1, [r3], #16\n" mac ".s8 r6, q1, q0\n"                                                         \
    "vldrb.u8 q2, [r5], #16\n" mac ".s8 lr, q2, q0\n"

/* r2: outputs; r6: channels. Eight at a time, then tiles of neighbours. */
#define FINISH(one, end)                                                                                      \
    "lsrs lr, r6, #3\n"                                                                                       \
    "beq 82f\n"                                                                                               \
    "81:\n" one("b") one("t") end "vqmovnb.s16 q4, q4\n"                                                      \
    "vstrb.16 q4, [r2], #8\n"                                                                                 \
    "le lr, 81b\n"                                                                                            \
    "82: ands r6, r6, #7\n"                                                                                   \
    "beq 90f\n"                                                                                               \
    "83:\n" one("b") end "vqmovnb.s16 q4, q4\n"                                                               \
    "vctp.32 r6\n"                                                                                            \
    "vpst\n"                                                                                                  \
    "vstrbt.32 q4, [r2], #4\n"                                                                                \
    "subs r6, r6, #4\n"                                                                                       \
    "bgt 83b\n"                                                                                               \
    "b.w 90f\n"

TG_KERNEL TG_NAKED void tg_dense_one_mve(const struct tg_mve_dense *dense TG_REGISTER, const int8_t *x TG_REGISTER,
                                         int8_t *out TG_REGISTER, int32_t *sums TG_REGISTER)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "vpush {d8-d11}\n"
        "sub sp, #32\n"
        /* frame: 0 dense, 4 vector, 8 out, 12 sums, 16 where the sums of whole pairs of tiles end, 20 tiles,
         * 24 where the loop of steps is entered, 28 how often it runs */
        "strd r0, r1, [sp, #0]\n"
        "strd r2, r3, [sp, #8]\n"
        "mov r7, r3\n"
        "ldrd r9, r8, [r0, #8]\n" /* steps, tiles */
        "ldr r5, [r0, #0]\n"
        "subs.w r9, r9, #1\n"
        "bic r6, r8, #1\n"
        "add.w r6, r7, r6, lsl #4\n"
        "strd r6, r8, [sp, #16]\n" TG_MVE_ENTER("24", "7", "3") "cmp r8, #1\n"
        "beq.w 6f\n"

        /* two tiles: the first step, then eight at a time, of which the first time leaves out some */
        "2:\n"
        "mov r3, r5\n"
        "add.w r5, r5, r9, lsl #6\n"
        "adds r5, #64\n"
        "3:\n"
        "ldr r1, [sp, #4]\n" STEP("vmladav") "ldr r11, [sp, #28]\n"
        "ldr pc, [sp, #24]\n"
        "41:\n" STEP("vmladava") "42:\n" STEP("vmladava") STEP("vmladava") STEP("vmladava") STEP("vmladava")
        STEP("vmladava") STEP("vmladava") STEP("vmladava") "subs.w r11, r11, #1\n"
        "bne.w 41b\n"
        "5:\n"
        "stm r7!, {r0, r2, r4, r6}\n"
        "stm.w r7!, {r8, r10, r12, lr}\n"
        "ldr r0, [sp, #16]\n"
        "cmp r7, r0\n"
        "bne 2b\n"

        /* the last of an odd number of tiles is computed twice */
        "6:\n"
        "ldr r0, [sp, #20]\n"
        "lsls r0, r0, #31\n"
        "beq 7f\n"
        "add.w r1, r7, #32\n"
        "movs r2, #0\n"
        "strd r1, r2, [sp, #16]\n"
        "mov r3, r5\n"
        "b 3b\n"
        "7:\n"

        /* outputs */
        "ldr r7, [sp, #0]\n"
        "ldr r1, [r7, #4]\n"
        "ldrd r6, r4, [r7, #16]\n"
        "ldrd r5, r8, [r7, #24]\n"
        "ldrd r2, r0, [sp, #8]\n"
        "cmp.w r8, #1\n"
        "beq.w 70f\n"
        "bhi.w 80f\n" FINISH(TG_MVE_PLAIN_ONE, "") "70:\n" FINISH(TG_MVE_SIGNED_ONE, TG_MVE_ZERO_POINT("q4")) "80:\n"
        FINISH(TG_MVE_TEXTBOOK_ONE, "")

        "90:\n"
        "add sp, #32\n"
        "vpop {d8-d11}\n"
        "pop {r4-r11, pc}\n");
}

#else

TG_KERNEL void tg_dense_one_mve(const struct tg_mve_dense *dense, const int8_t *x, int8_t *out, int32_t *sums)
{
    (void)sums;
    tg_mve_dense_c(dense, x, out);
}

#endif
