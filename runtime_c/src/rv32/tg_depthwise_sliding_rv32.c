/* Sliding depthwise windows. See tg_depthwise_sliding_rv32.h.
 *
 * An output takes 32 instructions with stride 1 and 39 with stride 2, 7 more if it is general; a row of a channel about 50
 * more, and a channel about 60.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_sliding_rv32.h"

#include "tg_assembly.h"
#include "tg_depthwise_sliding_core.h"

#if TG_ASSEMBLY && defined(__riscv) && __riscv_xlen == 32 && !defined(__riscv_32e)

/* s0-s8: weights, by columns; t0-t2, t3-t5: columns; a0-a2: the next column, from the top; a3: step to the one behind it;
 * a4: where the columns end, in the uppermost row; a5: sum; a6: temporary, and return address; a7: offset; t6: multiplier;
 * s9: out; s10: step to the next output; s11: 256; ra: temporary */
#define LOOPS                                                                                                 \
    ".macro tg_add weight, byte\n"                                                                            \
    "mul a6, \\weight, \\byte\n"                                                                              \
    "add a5, a5, a6\n"                                                                                        \
    ".endm\n"                                                                                                 \
    ".macro tg_take top, middle, bottom\n"                                                                    \
    "lb \\top, 0(a0)\n"                                                                                       \
    "lb \\middle, 0(a1)\n"                                                                                    \
    "lb \\bottom, 0(a2)\n"                                                                                    \
    "add a0, a0, a3\n"                                                                                        \
    "add a1, a1, a3\n"                                                                                        \
    "add a2, a2, a3\n"                                                                                        \
    ".endm\n"                                                                                                 \
    ".macro tg_column top, middle, bottom\n"                                                                  \
    "bne a0, a4, 1f\n"                                                                                        \
    "jal a6, 30f\n"                                                                                           \
    "1:\n"                                                                                                    \
    "tg_take \\top, \\middle, \\bottom\n"                                                                     \
    ".endm\n"                                                                                                 \
    ".macro tg_left top, middle, bottom\n"                                                                    \
    "mul a5, s0, \\top\n"                                                                                     \
    "add a5, a5, a7\n"                                                                                        \
    "tg_add s1, \\middle\n"                                                                                   \
    "tg_add s2, \\bottom\n"                                                                                   \
    ".endm\n"                                                                                                 \
    ".macro tg_middle top, middle, bottom\n"                                                                  \
    "tg_add s3, \\top\n"                                                                                      \
    "tg_add s4, \\middle\n"                                                                                   \
    "tg_add s5, \\bottom\n"                                                                                   \
    ".endm\n"                                                                                                 \
    ".macro tg_right top, middle, bottom\n"                                                                   \
    "tg_add s6, \\top\n"                                                                                      \
    "tg_add s7, \\middle\n"                                                                                   \
    "tg_add s8, \\bottom\n"                                                                                   \
    ".endm\n"                                                                                                 \
    ".macro tg_finish is_general\n"                                                                           \
    "mulh a5, a5, t6\n"                                                                                       \
    ".if \\is_general\n"                                                                                      \
    "srai a6, a5, 31\n"                                                                                       \
    "lw ra, 40(sp)\n"                                                                                         \
    "and a6, a6, ra\n"                                                                                        \
    "lw ra, 44(sp)\n"                                                                                         \
    "sub a5, a5, a6\n"                                                                                        \
    "add a5, a5, ra\n"                                                                                        \
    "lw ra, 48(sp)\n"                                                                                         \
    "sra a5, a5, ra\n"                                                                                        \
    ".else\n"                                                                                                 \
    "srai a5, a5, 16\n"                                                                                       \
    ".endif\n"                                                                                                \
    "addi a6, a5, 128\n"                                                                                      \
    "bltu a6, s11, 1f\n"                                                                                      \
    "srai a5, a5, 31\n"                                                                                       \
    "xori a5, a5, 127\n"                                                                                      \
    "1:\n"                                                                                                    \
    "sb a5, 0(s9)\n"                                                                                          \
    "add s9, s9, s10\n"                                                                                       \
    ".endm\n"                                                                                                 \
    ".macro tg_stride_1 is_general\n"                                                                         \
    "tg_column t3, t4, t5\n"                                                                                  \
    "2:\n"                                                                                                    \
    "tg_left t0, t1, t2\n"                                                                                    \
    "tg_column t0, t1, t2\n"                                                                                  \
    "tg_middle t3, t4, t5\n"                                                                                  \
    "tg_right t0, t1, t2\n"                                                                                   \
    "tg_finish \\is_general\n"                                                                                \
    "tg_left t3, t4, t5\n"                                                                                    \
    "tg_column t3, t4, t5\n"                                                                                  \
    "tg_middle t0, t1, t2\n"                                                                                  \
    "tg_right t3, t4, t5\n"                                                                                   \
    "tg_finish \\is_general\n"                                                                                \
    "j 2b\n"                                                                                                  \
    ".endm\n"                                                                                                 \
    ".macro tg_stride_2 is_general\n"                                                                         \
    "2:\n"                                                                                                    \
    "tg_left t0, t1, t2\n"                                                                                    \
    "tg_column t3, t4, t5\n"                                                                                  \
    "tg_middle t3, t4, t5\n"                                                                                  \
    "tg_column t0, t1, t2\n"                                                                                  \
    "tg_right t0, t1, t2\n"                                                                                   \
    "tg_finish \\is_general\n"                                                                                \
    "j 2b\n"                                                                                                  \
    ".endm\n"

#define FORGET_MACROS                                                                                         \
    ".purgem tg_add\n"                                                                                        \
    ".purgem tg_take\n"                                                                                       \
    ".purgem tg_column\n"                                                                                     \
    ".purgem tg_left\n"                                                                                       \
    ".purgem tg_middle\n"                                                                                     \
    ".purgem tg_right\n"                                                                                      \
    ".purgem tg_finish\n"                                                                                     \
    ".purgem tg_stride_1\n"                                                                                   \
    ".purgem tg_stride_2\n"

/* On the stack: 0 rows of the input, 4 and of the output, that come next; 8 how many; 12 channels left; 16 weights;
 * 20 channel words; 24 channel of the input; 28 outputs left for it; 32 channel of the output; 36 columns of padding left;
 * 40 sign; 44 sign + after; 48 shift; 52 the loop; 56 prescale; 60 the struct; 64 general; 120 after */
TG_KERNEL TG_NAKED void tg_depthwise_sliding_rv32(const struct tg_depthwise_sliding *windows __attribute__((unused)))
{
    __asm__ volatile(LOOPS);
    __asm__ volatile(
        "addi sp, sp, -128\n"
        "sw ra, 68(sp)\n"
        "sw s0, 72(sp)\n"
        "sw s1, 76(sp)\n"
        "sw s2, 80(sp)\n"
        "sw s3, 84(sp)\n"
        "sw s4, 88(sp)\n"
        "sw s5, 92(sp)\n"
        "sw s6, 96(sp)\n"
        "sw s7, 100(sp)\n"
        "sw s8, 104(sp)\n"
        "sw s9, 108(sp)\n"
        "sw s10, 112(sp)\n"
        "sw s11, 116(sp)\n"
        "sw a0, 60(sp)\n"
        "lw t0, 12(a0)\n"
        "lw t1, 0(t0)\n"
        "lw t2, 4(t0)\n"
        "lb t3, 8(t0)\n"
        "lb t4, 9(t0)\n"
        "lb t5, 10(t0)\n"
        "sw t1, 20(sp)\n"
        "sw t2, 120(sp)\n"
        "sw t3, 56(sp)\n"
        "sw t4, 48(sp)\n"
        "sw t5, 64(sp)\n"
        "lw t1, 8(a0)\n"
        "lw t2, 32(a0)\n"
        "lw s10, 36(a0)\n"
        "lw t3, 52(a0)\n"
        "sw t1, 16(sp)\n"
        "sw zero, 24(sp)\n"
        "sw t2, 28(sp)\n"
        "sw s10, 12(sp)\n"
        "sw zero, 32(sp)\n"
        "li s11, 256\n"
        "lla t0, 11f\n"
        "lla t1, 21f\n"
        "beqz t5, 2f\n"
        "lla t0, 12f\n"
        "lla t1, 22f\n"
        "2:\n"
        "li t2, 1\n"
        "beq t3, t2, 3f\n"
        "mv t0, t1\n"
        "3:\n"
        "sw t0, 52(sp)\n"
        /* the next channel */
        "5:\n"
        "lw t0, 16(sp)\n"
        "lw t1, 56(sp)\n"
        "lb s0, 0(t0)\n"
        "lb s1, 1(t0)\n"
        "lb s2, 2(t0)\n"
        "lb s3, 3(t0)\n"
        "lb s4, 4(t0)\n"
        "lb s5, 5(t0)\n"
        "lb s6, 6(t0)\n"
        "lb s7, 7(t0)\n"
        "lb s8, 8(t0)\n"
        "addi t0, t0, 9\n"
        "sw t0, 16(sp)\n"
        "sll s0, s0, t1\n"
        "sll s1, s1, t1\n"
        "sll s2, s2, t1\n"
        "sll s3, s3, t1\n"
        "sll s4, s4, t1\n"
        "sll s5, s5, t1\n"
        "sll s6, s6, t1\n"
        "sll s7, s7, t1\n"
        "sll s8, s8, t1\n"
        "lw t0, 20(sp)\n"
        "lw t1, 64(sp)\n"
        "lw a7, 0(t0)\n"
        "lw t6, 4(t0)\n"
        "addi t0, t0, 8\n"
        "beqz t1, 1f\n"
        "lw t1, 0(t0)\n"
        "lw t2, 120(sp)\n"
        "addi t0, t0, 4\n"
        /* the sign term is for sums of 0 and above: it is added to all, and taken off from others */
        "add t2, t2, t1\n"
        "sw t1, 40(sp)\n"
        "sw t2, 44(sp)\n"
        "1:\n"
        "sw t0, 20(sp)\n"
        "lw t0, 60(sp)\n"
        "lw t1, 0(t0)\n"
        "lw t2, 4(t0)\n"
        "lw t3, 20(t0)\n"
        "sw t1, 0(sp)\n"
        "sw t2, 4(sp)\n"
        "sw t3, 8(sp)\n"
        /* its next row */
        "6:\n"
        "lw t5, 60(sp)\n"
        "lw t0, 0(sp)\n"
        "lw t1, 24(sp)\n"
        "lw t2, 24(t5)\n"
        "lw a0, 0(t0)\n"
        "lw a1, 4(t0)\n"
        "lw a2, 8(t0)\n"
        "slli t2, t2, 2\n"
        "add t0, t0, t2\n"
        "sw t0, 0(sp)\n"
        "add a0, a0, t1\n"
        "add a1, a1, t1\n"
        "add a2, a2, t1\n"
        "lw a3, 28(t5)\n"
        "lw t0, 44(t5)\n"
        "lw t1, 48(t5)\n"
        "add a4, a0, t0\n"
        "sw t1, 36(sp)\n"
        "lw t0, 4(sp)\n"
        "lw t1, 32(sp)\n"
        "lw s9, 0(t0)\n"
        "addi t0, t0, 4\n"
        "sw t0, 4(sp)\n"
        "add s9, s9, t1\n"
        /* its first column */
        "lw ra, 52(sp)\n"
        "lw t0, 40(t5)\n"
        "beqz t0, 2f\n"
        "lw t0, 16(t5)\n"
        "lb t0, 0(t0)\n"
        "mv t1, t0\n"
        "mv t2, t0\n"
        "jr ra\n"
        "2:\n"
        "tg_take t0, t1, t2\n"
        "jr ra\n"
        "11:\n"
        "tg_stride_1 0\n"
        "12:\n"
        "tg_stride_1 1\n"
        "21:\n"
        "tg_stride_2 0\n"
        "22:\n"
        "tg_stride_2 1\n"
        /* columns behind those of the input, if there are any */
        "30:\n"
        "lw ra, 36(sp)\n"
        "beqz ra, 40f\n"
        "sw zero, 36(sp)\n"
        "lw a0, 60(sp)\n"
        "lw a0, 16(a0)\n"
        "li a3, 1\n"
        "mv a1, a0\n"
        "mv a2, a0\n"
        "add a4, a0, ra\n"
        "jr a6\n"
        "40:\n"
        "lw t0, 8(sp)\n"
        "addi t0, t0, -1\n"
        "sw t0, 8(sp)\n"
        "bnez t0, 6b\n"
        "lw t0, 32(sp)\n"
        "lw t1, 28(sp)\n"
        "addi t0, t0, 1\n"
        "addi t1, t1, -1\n"
        "sw t0, 32(sp)\n"
        "bnez t1, 1f\n"
        "lw t0, 24(sp)\n"
        "lw t1, 60(sp)\n"
        "addi t0, t0, 1\n"
        "lw t1, 32(t1)\n"
        "sw t0, 24(sp)\n"
        "1:\n"
        "sw t1, 28(sp)\n"
        "lw t0, 12(sp)\n"
        "addi t0, t0, -1\n"
        "sw t0, 12(sp)\n"
        "bnez t0, 5b\n"
        "lw ra, 68(sp)\n"
        "lw s0, 72(sp)\n"
        "lw s1, 76(sp)\n"
        "lw s2, 80(sp)\n"
        "lw s3, 84(sp)\n"
        "lw s4, 88(sp)\n"
        "lw s5, 92(sp)\n"
        "lw s6, 96(sp)\n"
        "lw s7, 100(sp)\n"
        "lw s8, 104(sp)\n"
        "lw s9, 108(sp)\n"
        "lw s10, 112(sp)\n"
        "lw s11, 116(sp)\n"
        "addi sp, sp, 128\n"
        "ret\n" FORGET_MACROS);
}

#else

TG_KERNEL void tg_depthwise_sliding_rv32(const struct tg_depthwise_sliding *windows)
{
    tg_depthwise_run_sliding(windows);
}

#endif
