/* A pass over two pairs of pixels. See tg_swar_pass_rv32.h.
 *
 * Per input of three channels 17 instructions for 12 products, for the first one of a block 11; a block ends with 27.
 * A channel takes about 40 instructions, if it is general 60, for its four outputs.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_swar_pass_rv32.h"

#include "tg_assembly.h"
#include "tg_swar_pass_core.h"

#if TG_ASSEMBLY && defined(__riscv) && __riscv_xlen == 32 && !defined(__riscv_32e)

/* t0-t5: sums of a block, [channel][pair]; s0-s5: total; s6-s11: high; a2, a3: words of the pairs; a4: weight;
 * t6: 2^15; a0: next words; a1: next weights; a6: end of the words */
#define TAKE_INPUTS                                                                                           \
    ".macro tg_first\n"                                                                                       \
    "lw a2, 0(a0)\n"                                                                                          \
    "lw a3, 4(a0)\n"                                                                                          \
    "lb a4, 0(a1)\n"                                                                                          \
    "mul t0, a2, a4\n"                                                                                        \
    "mul t1, a3, a4\n"                                                                                        \
    "lb a4, 1(a1)\n"                                                                                          \
    "mul t2, a2, a4\n"                                                                                        \
    "mul t3, a3, a4\n"                                                                                        \
    "lb a4, 2(a1)\n"                                                                                          \
    "mul t4, a2, a4\n"                                                                                        \
    "mul t5, a3, a4\n"                                                                                        \
    ".endm\n"                                                                                                 \
    ".macro tg_next at\n"                                                                                     \
    "lw a2, 8 * \\at(a0)\n"                                                                                   \
    "lw a3, 8 * \\at + 4(a0)\n"                                                                               \
    "lb a4, 3 * \\at + 0(a1)\n"                                                                               \
    "mul a5, a2, a4\n"                                                                                        \
    "add t0, t0, a5\n"                                                                                        \
    "mul a5, a3, a4\n"                                                                                        \
    "add t1, t1, a5\n"                                                                                        \
    "lb a4, 3 * \\at + 1(a1)\n"                                                                               \
    "mul a5, a2, a4\n"                                                                                        \
    "add t2, t2, a5\n"                                                                                        \
    "mul a5, a3, a4\n"                                                                                        \
    "add t3, t3, a5\n"                                                                                        \
    "lb a4, 3 * \\at + 2(a1)\n"                                                                               \
    "mul a5, a2, a4\n"                                                                                        \
    "add t4, t4, a5\n"                                                                                        \
    "mul a5, a3, a4\n"                                                                                        \
    "add t5, t5, a5\n"                                                                                        \
    ".endm\n"

#define FLUSH                                                                                                 \
    ".macro tg_flush_one total, high, sum\n"                                                                  \
    "add \\total, \\total, \\sum\n"                                                                           \
    "add \\sum, \\sum, t6\n"                                                                                  \
    "srai \\sum, \\sum, 16\n"                                                                                 \
    "add \\high, \\high, \\sum\n"                                                                             \
    ".endm\n"                                                                                                 \
    ".macro tg_flush\n"                                                                                       \
    "tg_flush_one s0, s6, t0\n"                                                                               \
    "tg_flush_one s1, s7, t1\n"                                                                               \
    "tg_flush_one s2, s8, t2\n"                                                                               \
    "tg_flush_one s3, s9, t3\n"                                                                               \
    "tg_flush_one s4, s10, t4\n"                                                                              \
    "tg_flush_one s5, s11, t5\n"                                                                              \
    ".endm\n"

/* Blocks, until the words end; then on to the requantization */
#define LOOP                                                                                                  \
    ".macro tg_loop label, block\n"                                                                           \
    "\\label:\n"                                                                                              \
    "tg_first\n"                                                                                              \
    ".irp at, 1, 2, 3, 4, 5, 6, 7\n"                                                                          \
    ".if \\at < \\block\n"                                                                                    \
    "tg_next \\at\n"                                                                                          \
    ".endif\n"                                                                                                \
    ".endr\n"                                                                                                 \
    "tg_flush\n"                                                                                              \
    "addi a0, a0, 8 * \\block\n"                                                                              \
    "addi a1, a1, 3 * \\block\n"                                                                              \
    "bne a0, a6, \\label\\()b\n"                                                                              \
    "j 30f\n"                                                                                                 \
    ".endm\n"

/* Four sums of a channel. a2: offset, then sign term, then shift; a3: multiplier, then what is added in the end; a4: channels;
 * t5: prescale; a7: 256; a0, a6, t6, t4: out */
#define REQUANTIZE                                                                                            \
    ".macro tg_scale sum\n"                                                                                   \
    "sll \\sum, \\sum, t5\n"                                                                                  \
    "add \\sum, \\sum, a2\n"                                                                                  \
    "mulh \\sum, \\sum, a3\n"                                                                                 \
    ".endm\n"                                                                                                 \
    ".macro tg_add_sign h\n"                                                                                  \
    "srai a5, \\h, 31\n"                                                                                      \
    "and a5, a5, a2\n"                                                                                        \
    "sub \\h, \\h, a5\n"                                                                                      \
    "add \\h, \\h, a3\n"                                                                                      \
    ".endm\n"                                                                                                 \
    ".macro tg_store h, at, out\n"                                                                            \
    "sra \\h, \\h, a2\n"                                                                                      \
    "addi a5, \\h, 128\n"                                                                                     \
    "bltu a5, a7, 1f\n"                                                                                       \
    "srai \\h, \\h, 31\n"                                                                                     \
    "xori \\h, \\h, 127\n"                                                                                    \
    "1:\n"                                                                                                    \
    "sb \\h, \\at(\\out)\n"                                                                                   \
    ".endm\n"                                                                                                 \
    ".macro tg_channel at, t0, h0, t1, h1\n"                                                                  \
    "slli a5, \\h0, 16\n"                                                                                     \
    "sub \\t0, \\t0, a5\n"                                                                                    \
    "slli a5, \\h1, 16\n"                                                                                     \
    "sub \\t1, \\t1, a5\n"                                                                                    \
    "lw a2, 0(a4)\n"                                                                                          \
    "lw a3, 4(a4)\n"                                                                                          \
    "addi a4, a4, 8\n"                                                                                        \
    "tg_scale \\t0\n"                                                                                         \
    "tg_scale \\h0\n"                                                                                         \
    "tg_scale \\t1\n"                                                                                         \
    "tg_scale \\h1\n"                                                                                         \
    "lw a5, 24(sp)\n"                                                                                         \
    "beqz a5, 2f\n"                                                                                           \
    "lw a2, 0(a4)\n"                                                                                          \
    "lw a3, 28(sp)\n"                                                                                         \
    "addi a4, a4, 4\n"                                                                                        \
    "add a3, a3, a2\n"                                                                                        \
    "tg_add_sign \\t0\n"                                                                                      \
    "tg_add_sign \\h0\n"                                                                                      \
    "tg_add_sign \\t1\n"                                                                                      \
    "tg_add_sign \\h1\n"                                                                                      \
    "2:\n"                                                                                                    \
    "lw a2, 48(sp)\n"                                                                                         \
    "tg_store \\t0, \\at, a0\n"                                                                               \
    "tg_store \\h0, \\at, a6\n"                                                                               \
    "tg_store \\t1, \\at, t6\n"                                                                               \
    "tg_store \\h1, \\at, t4\n"                                                                               \
    ".endm\n"                                                                                                 \
    ".macro tg_leave_after count\n"                                                                           \
    "lw a5, 12(sp)\n"                                                                                         \
    "li a2, \\count\n"                                                                                        \
    "beq a5, a2, 50f\n"                                                                                       \
    ".endm\n"

#define FORGET_MACROS                                                                                         \
    ".purgem tg_first\n"                                                                                      \
    ".purgem tg_next\n"                                                                                       \
    ".purgem tg_flush_one\n"                                                                                  \
    ".purgem tg_flush\n"                                                                                      \
    ".purgem tg_loop\n"                                                                                       \
    ".purgem tg_scale\n"                                                                                      \
    ".purgem tg_add_sign\n"                                                                                   \
    ".purgem tg_store\n"                                                                                      \
    ".purgem tg_channel\n"                                                                                    \
    ".purgem tg_leave_after\n"

/* On the stack: 0 words, 4 their end, 8 channels, 12 channels left, 16 the loop, 20 prescale, 24 general, 28 after,
 * 32 out, 48 shift */
TG_KERNEL TG_NAKED void tg_swar_pass_rv32(const struct tg_swar_pass *pass __attribute__((unused)))
{
    __asm__ volatile(TAKE_INPUTS FLUSH LOOP);
    __asm__ volatile(REQUANTIZE);
    __asm__ volatile(
        "addi sp, sp, -112\n"
        "sw ra, 52(sp)\n"
        "sw s0, 56(sp)\n"
        "sw s1, 60(sp)\n"
        "sw s2, 64(sp)\n"
        "sw s3, 68(sp)\n"
        "sw s4, 72(sp)\n"
        "sw s5, 76(sp)\n"
        "sw s6, 80(sp)\n"
        "sw s7, 84(sp)\n"
        "sw s8, 88(sp)\n"
        "sw s9, 92(sp)\n"
        "sw s10, 96(sp)\n"
        "sw s11, 100(sp)\n"
        "lw t0, 0(a0)\n"
        "lw a1, 4(a0)\n"
        "lw t6, 8(a0)\n"
        "lw t2, 12(a0)\n"
        "lw a3, 16(a0)\n"
        "lw t4, 20(a0)\n"
        "lw t1, 0(t6)\n"
        "lw t3, 4(t6)\n"
        "lb t5, 8(t6)\n"
        "lb a2, 9(t6)\n"
        "lb a4, 10(t6)\n"
        "sw t0, 0(sp)\n"
        "sw t1, 8(sp)\n"
        "sw t2, 12(sp)\n"
        "sw t5, 20(sp)\n"
        "sw a4, 24(sp)\n"
        "sw t3, 28(sp)\n"
        "sw a2, 48(sp)\n"
        "mul t4, t4, a3\n"
        "slli t4, t4, 3\n"
        "add t4, t4, t0\n"
        "sw t4, 4(sp)\n"
        "lw t0, 24(a0)\n"
        "lw t1, 28(a0)\n"
        "lw t2, 32(a0)\n"
        "lw t3, 36(a0)\n"
        "sw t0, 32(sp)\n"
        "sw t1, 36(sp)\n"
        "sw t2, 40(sp)\n"
        "sw t3, 44(sp)\n"
        "lla t0, 3f\n"
        "li t1, 3\n"
        "beq a3, t1, 20f\n"
        "lla t0, 4f\n"
        "li t1, 4\n"
        "beq a3, t1, 20f\n"
        "lla t0, 5f\n"
        "li t1, 5\n"
        "beq a3, t1, 20f\n"
        "lla t0, 2f\n"
        "li t1, 2\n"
        "beq a3, t1, 20f\n"
        "lla t0, 6f\n"
        "li t1, 6\n"
        "beq a3, t1, 20f\n"
        "lla t0, 8f\n"
        "20:\n"
        "sw t0, 16(sp)\n"
        /* the next three channels */
        "21:\n"
        "lw a0, 0(sp)\n"
        "lw a6, 4(sp)\n"
        "lw a5, 16(sp)\n"
        "lui t6, 8\n"
        "li s0, 0\n"
        "li s1, 0\n"
        "li s2, 0\n"
        "li s3, 0\n"
        "li s4, 0\n"
        "li s5, 0\n"
        "li s6, 0\n"
        "li s7, 0\n"
        "li s8, 0\n"
        "li s9, 0\n"
        "li s10, 0\n"
        "li s11, 0\n"
        "jr a5\n"
        "tg_loop 2, 2\n"
        "tg_loop 3, 3\n"
        "tg_loop 4, 4\n"
        "tg_loop 5, 5\n"
        "tg_loop 6, 6\n"
        "tg_loop 8, 8\n"
        /* sums to int8 */
        "30:\n"
        "lw a4, 8(sp)\n"
        "lw t5, 20(sp)\n"
        "lw a0, 32(sp)\n"
        "lw a6, 36(sp)\n"
        "lw t6, 40(sp)\n"
        "lw t4, 44(sp)\n"
        "li a7, 256\n"
        "tg_channel 0, s0, s6, s1, s7\n"
        "tg_leave_after 1\n"
        "tg_channel 1, s2, s8, s3, s9\n"
        "tg_leave_after 2\n"
        "tg_channel 2, s4, s10, s5, s11\n"
        "lw a5, 12(sp)\n"
        "addi a5, a5, -3\n"
        "blez a5, 50f\n"
        "sw a5, 12(sp)\n"
        "sw a4, 8(sp)\n"
        "addi a0, a0, 3\n"
        "sw a0, 32(sp)\n"
        "addi a6, a6, 3\n"
        "sw a6, 36(sp)\n"
        "addi t6, t6, 3\n"
        "sw t6, 40(sp)\n"
        "addi t4, t4, 3\n"
        "sw t4, 44(sp)\n"
        "j 21b\n"
        "50:\n"
        "lw ra, 52(sp)\n"
        "lw s0, 56(sp)\n"
        "lw s1, 60(sp)\n"
        "lw s2, 64(sp)\n"
        "lw s3, 68(sp)\n"
        "lw s4, 72(sp)\n"
        "lw s5, 76(sp)\n"
        "lw s6, 80(sp)\n"
        "lw s7, 84(sp)\n"
        "lw s8, 88(sp)\n"
        "lw s9, 92(sp)\n"
        "lw s10, 96(sp)\n"
        "lw s11, 100(sp)\n"
        "addi sp, sp, 112\n"
        "ret\n" FORGET_MACROS);
}

#else

TG_KERNEL void tg_swar_pass_rv32(const struct tg_swar_pass *pass)
{
    tg_swar_run_pass(pass, 2);
}

#endif
