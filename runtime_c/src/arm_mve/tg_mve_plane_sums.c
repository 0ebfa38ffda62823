/* See tg_mve_plane_sums.h. 7 instructions for four sums, and 8 for each step; 5 and 6 for each step where
 * lanes share their windows.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_mve_plane_sums.h"
#include "tg_mve_assembly.h"

#if TG_MVE_ASSEMBLY

/* The window of a lane at [x], in 1 to 4 steps. */
#define LANE_1(sum, x) "vldrb.u8 q0, [" x "]\nvmladav.s8 " sum ", q0, q4\n"
#define LANE_2(sum, x) LANE_1(sum, x) "vldrb.u8 q1, [" x ", #16]\nvmladava.s8 " sum ", q1, q5\n"
#define LANE_3(sum, x) LANE_2(sum, x) "vldrb.u8 q2, [" x ", #32]\nvmladava.s8 " sum ", q2, q6\n"
#define LANE_4(sum, x) LANE_3(sum, x) "vldrb.u8 q3, [" x ", #48]\nvmladava.s8 " sum ", q3, q7\n"

#define VECTORS(lane)                                                                                         \
    "1:\n" lane("r0", "r1") "add r1, r8\n" lane("r2", "r3") "add r3, r8\n" lane("r4", "r5")                  \
    "add r5, r8\n" lane("r6", "r7") "add r7, r8\n"                                                            \
    "strd r0, r2, [r9], #8\n"                                                                                 \
    "strd r4, r6, [r9], #8\n"                                                                                 \
    "le lr, 1b\n"                                                                                             \
    "b.w 9f\n"

/* Two lanes that share the values at [x]: weights in q4 and q5, those of the second lane in q6 and q7. */
#define SHARED_1(one, two, x) "vldrb.u8 q0, [" x "]\nvmladav.s8 " one ", q0, q4\nvmladav.s8 " two ", q0, q6\n"
#define SHARED_2(one, two, x)                                                                                 \
    SHARED_1(one, two, x)                                                                                     \
    "vldrb.u8 q1, [" x ", #16]\nvmladava.s8 " one ", q1, q5\nvmladava.s8 " two ", q1, q7\n"

#define SHARED_VECTORS(lanes)                                                                                 \
    "1:\n" lanes("r0", "r2", "r1") "add r1, r8\n" lanes("r4", "r6", "r5") "add r5, r8\n"                    \
    "strd r0, r2, [r9], #8\n"                                                                                 \
    "strd r4, r6, [r9], #8\n"                                                                                 \
    "le lr, 1b\n"                                                                                             \
    "b.w 9f\n"

TG_KERNEL TG_NAKED void tg_mve_plane_sums(const struct tg_mve_plane_sums_task *windows TG_REGISTER,
                                          const int8_t *weights TG_REGISTER, const int8_t *x TG_REGISTER,
                                          int32_t *sums TG_REGISTER)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "vpush {d8-d15}\n"
        "mov r4, r0\n"
        "mov r9, r3\n"
        "mov r12, r1\n"
        "mov r1, r2\n"
        "ldrd r10, r0, [r4, #0]\n" /* steps, shift */
        "ldrd r8, r3, [r4, #8]\n"  /* step, lanes */
        "ldrd r5, r7, [r4, #16]\n"
        "ldr r11, [r4, #24]\n" /* vectors */
        "add r3, r1\n"
        "add r5, r1\n"
        "add r7, r1\n"
        "dls lr, r11\n"
        "vldrb.u8 q4, [r12]\n"
        "cmp r0, #0\n"
        "bne 5f\n"
        "cmp r10, #2\n"
        "bge 2f\n" VECTORS(LANE_1)
        "2:\n"
        "vldrb.u8 q5, [r12, #16]\n"
        "bgt 3f\n" VECTORS(LANE_2)
        "3:\n"
        "vldrb.u8 q6, [r12, #32]\n"
        "cmp r10, #3\n"
        "bgt 4f\n" VECTORS(LANE_3)
        "4:\n"
        "vldrb.u8 q7, [r12, #48]\n" VECTORS(LANE_4)

        /* weights of the second lane: the same, moved up */
        "5:\n"
        "vmov q6, q4\n"
        "movs r2, #0\n"
        "cmp r10, #1\n"
        "bgt 7f\n"
        "6:\n"
        "vshlc q6, r2, #8\n"
        "movs r2, #0\n"
        "subs r0, #1\n"
        "bne 6b\n" SHARED_VECTORS(SHARED_1)
        "7:\n"
        "vldrb.u8 q5, [r12, #16]\n"
        "vmov q7, q5\n"
        "8:\n"
        "vshlc q6, r2, #8\n"
        "vshlc q7, r2, #8\n"
        "movs r2, #0\n"
        "subs r0, #1\n"
        "bne 8b\n" SHARED_VECTORS(SHARED_2)
        "9:\n"
        "vpop {d8-d15}\n"
        "pop {r4-r11, pc}\n");
}

#else

TG_KERNEL void tg_mve_plane_sums(const struct tg_mve_plane_sums_task *windows, const int8_t *weights, const int8_t *x,
                                 int32_t *sums)
{
    for (int32_t i = 0; i < 4 * windows->vectors; i++) {
        const int8_t *const window = x + i / 4 * windows->step + (i % 4 ? windows->lanes[i % 4 - 1] : 0);
        int32_t sum = 0;

        for (int32_t k = 0; k < 16 * windows->steps; k++) {
            sum += weights[k] * window[k];
        }
        sums[i] = sum;
    }
}

#endif
