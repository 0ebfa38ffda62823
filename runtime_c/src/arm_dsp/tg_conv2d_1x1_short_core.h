/* The loop of 1x1 convolutions whose pixels take up to 16 steps. A file defines before it includes this
 *
 *   RUN            the name of the function
 *   STARTS         bytes from a block's words to where its sums start (tg_dsp_scale.h)
 *   FINISH         assembly: makes bytes of the eight sums with the words at w, in place; r0 to r3 are free
 *
 * 15 cycles for each step of a pair, which are 16 products; 35 more for each pair and block, and those of FINISH.
 *
 * Pair by pair, all blocks. The steps end at fixed places, x and w; the last one comes first, because it takes the sums
 * of both pixels from the same registers. The others are unrolled and entered in their middle.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_1X1_SHORT_CORE_H
#define TG_CONV2D_1X1_SHORT_CORE_H

#include "tg_assembly.h"
#include "tg_dsp_pointwise.h"
#if !TG_ASSEMBLY
#include "tg_dsp_pointwise_in_c.h"
#endif

void RUN(const struct tg_pointwise_task *task);

#if TG_ASSEMBLY

/* Frame: */
#define ENTRY "0"        /* where the steps are entered */
#define LAST_WORDS "4"   /* of the last block */
#define BLOCK_BYTES "8"
#define FIRST_WORDS "12" /* of the first block */
#define LAST "16"        /* outputs of the last pair */
#define PAIR_BYTES "20"  /* from pair to pair */
#define FRAME_BYTES "28"

TG_NAKED void RUN(const struct tg_pointwise_task *task __attribute__((unused)))
{
    __asm__ volatile(
        ".syntax unified\n"
        /* the pair a, b; the weights of channels AB, CD; sums of a, of b: lo = A or C, mix = A + 256 B or C + 256 D */
        "pa .req r0\n pb .req r1\n ab .req r2\n cd .req r3\n x .req r4\n w .req r5\n"
        "alo_ab .req r6\n amix_ab .req r7\n alo_cd .req r8\n amix_cd .req r9\n"
        "blo_ab .req r10\n bmix_ab .req r11\n blo_cd .req r12\n bmix_cd .req r14\n"

        "push {r4-r11, lr}\n"
        "sub sp, sp, #" FRAME_BYTES "\n"
        "ldm r0, {r6-r11}\n" /* block, block_bytes, blocks, pairs, last, steps */
        "lsl r0, r11, #3\n"
        "add w, r6, r0\n"
        "add x, r9, r0\n"
        "adds r0, r0, #8\n"
        "adr r2, 2f\n"
        "rsb r3, r11, #16\n" /* steps to skip */
        "mov r1, #56\n"      /* bytes of code for each: offsets below 0 take 32-bit loads */
        "mla r2, r3, r1, r2\n"
        "add r2, r2, #1\n"
        "str r2, [sp, #" ENTRY "]\n"
        "subs r8, r8, #1\n"
        "mla r8, r8, r7, w\n"
        "str r8, [sp, #" LAST_WORDS "]\n"
        "str r7, [sp, #" BLOCK_BYTES "]\n"
        "str w, [sp, #" FIRST_WORDS "]\n"
        "str r10, [sp, #" LAST "]\n"
        "str r0, [sp, #" PAIR_BYTES "]\n"

        /* a pair: the sums of the first block */
        "1: ldr alo_ab, [w, #" STARTS "]\n"
        "ldr amix_ab, [w, #" STARTS " + 4]\n"
        "ldr alo_cd, [w, #" STARTS " + 8]\n"
        "ldr amix_cd, [w, #" STARTS " + 12]\n"
        "b 4f\n"

        /* 16 to 2 steps before the end */
        ".balign 4\n"
        "2:\n"
        ".irp i, 16,15,14,13,12,11,10,9,8,7,6,5,4,3,2\n"
        "ldr pa, [x, #-8 * \\i]\n"
        "ldr pb, [x, #-8 * \\i + 4]\n"
        "ldr ab, [w, #-8 * \\i]\n"
        "ldr cd, [w, #-8 * \\i + 4]\n"
        "smlad amix_ab, pa, ab, amix_ab\n"
        "smlad bmix_ab, pb, ab, bmix_ab\n"
        "smlad amix_cd, pa, cd, amix_cd\n"
        "smlad bmix_cd, pb, cd, bmix_cd\n"
        "sxtb16 ab, ab\n"
        "sxtb16 cd, cd\n"
        "smlad alo_ab, pa, ab, alo_ab\n"
        "smlad blo_ab, pb, ab, blo_ab\n"
        "smlad alo_cd, pa, cd, alo_cd\n"
        "smlad blo_cd, pb, cd, blo_cd\n"
        ".endr\n"

        "sub amix_ab, amix_ab, alo_ab\n"
        "sub bmix_ab, bmix_ab, blo_ab\n"
        "sub amix_cd, amix_cd, alo_cd\n"
        "sub bmix_cd, bmix_cd, blo_cd\n" FINISH

        /* stores; A last, because its store moves on to the next block */
        "ldr r2, [x]\n"
        "ldr r3, [x, #4]\n"
        "ldr r0, [sp, #" LAST_WORDS "]\n"
        "ldr r1, [sp, #" BLOCK_BYTES "]\n"
        "strb amix_ab, [r2, #1]\n"
        "strb bmix_ab, [r3, #1]\n"
        "strb alo_cd, [r2, #2]\n"
        "strb blo_cd, [r3, #2]\n"
        "strb amix_cd, [r2, #3]\n"
        "strb bmix_cd, [r3, #3]\n"
        "strb alo_ab, [r2], #4\n"
        "strb blo_ab, [r3], #4\n"
        "str r2, [x]\n"
        "str r3, [x, #4]\n"

        /* the next block */
        "cmp w, r0\n"
        "beq 5f\n"
        "add w, w, r1\n"
        "ldr alo_ab, [w, #" STARTS "]\n"
        "ldr amix_ab, [w, #" STARTS " + 4]\n"
        "ldr alo_cd, [w, #" STARTS " + 8]\n"
        "ldr amix_cd, [w, #" STARTS " + 12]\n"

        /* the last step, from the same sums for a and b */
        "4: ldr ab, [w, #-8]\n"
        "ldr cd, [w, #-4]\n"
        "ldr pa, [x, #-8]\n"
        "ldr pb, [x, #-4]\n"
        "smlad bmix_ab, pb, ab, amix_ab\n"
        "smlad amix_ab, pa, ab, amix_ab\n"
        "smlad bmix_cd, pb, cd, amix_cd\n"
        "smlad amix_cd, pa, cd, amix_cd\n"
        "sxtb16 ab, ab\n"
        "sxtb16 cd, cd\n"
        "smlad blo_ab, pb, ab, alo_ab\n"
        "smlad alo_ab, pa, ab, alo_ab\n"
        "smlad blo_cd, pb, cd, alo_cd\n"
        "smlad alo_cd, pa, cd, alo_cd\n"
        "ldr r0, [sp, #" ENTRY "]\n"
        "bx r0\n"

        /* the next pair */
        "5: ldr r0, [sp, #" LAST "]\n"
        "ldr r1, [sp, #" PAIR_BYTES "]\n"
        "ldr w, [sp, #" FIRST_WORDS "]\n"
        "cmp x, r0\n"
        "add x, x, r1\n"
        "bne 1b\n"
        "add sp, sp, #" FRAME_BYTES "\n"
        "pop {r4-r11, pc}\n"
        ".unreq pa\n .unreq pb\n .unreq ab\n .unreq cd\n .unreq x\n .unreq w\n"
        ".unreq alo_ab\n .unreq amix_ab\n .unreq alo_cd\n .unreq amix_cd\n"
        ".unreq blo_ab\n .unreq bmix_ab\n .unreq blo_cd\n .unreq bmix_cd\n");
}

#else

TG_KERNEL void RUN(const struct tg_pointwise_task *task)
{
    run_in_c(task);
}

#endif

#endif
