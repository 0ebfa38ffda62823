/* See tg_conv2d_1x1_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_assembly.h"
#include "tg_dsp_pointwise.h"
#if !TG_ASSEMBLY
#include "tg_dsp_pointwise_in_c.h"
#endif

TG_KERNEL void tg_conv2d_1x1_run_dsp(const struct tg_pointwise_task *task);

#if TG_ASSEMBLY

/* Of a naked function: it comes in a register, and the compiler sees no use of it. */
#define ARGUMENT __attribute__((unused))

/* 15 cycles for each step of a pair, which are 16 products; for each pair and block 77 cycles more with ONE_PRODUCT,
 * and 8 for each 16 steps after the first 16. A pixel alone: 19 for two steps, 8 for each 8 of them, 55 for a block.
 *
 * Pair by pair, all blocks, so that a chunk of one pair costs the same as others. The loops over the steps are unrolled
 * and entered in their middle, so that they end where the steps end: `x` and `w` start as much too low. Frame: */
#define ENTRY "0"         /* where the loop is entered */
#define LAST_STARTS "4"   /* where the sums of the last block start */
#define BACK "8"          /* from the outputs of a pair to its `x` at the entry */
#define BLOCK_BYTES "12"
#define ON "16"           /* from a block's starts to `w` of the next block at the entry */
#define X_END "20"        /* the outputs, minus the form: the loop's end and the form are one comparison */
#define STEPS_BYTES "24"
#define LAST "28"         /* outputs of the last pair */
#define FORM "32"
#define BLOCK "36"        /* the first */
#define FRAME_BYTES "44"

TG_NAKED void tg_conv2d_1x1_run_dsp(const struct tg_pointwise_task *task ARGUMENT)
{
    __asm__ volatile(
        ".syntax unified\n"
        /* the pair a, b; the weights of channels AB, CD; sums of a, of b: lo = A or C, mix = A + 256 B or C + 256 D */
        "pa .req r0\n pb .req r1\n ab .req r2\n cd .req r3\n x .req r4\n w .req r5\n"
        "alo_ab .req r6\n amix_ab .req r7\n alo_cd .req r8\n amix_cd .req r9\n"
        "blo_ab .req r10\n bmix_ab .req r11\n blo_cd .req r12\n bmix_cd .req r14\n"

        "push {r4-r11, lr}\n"
        "sub sp, sp, #" FRAME_BYTES "\n"
        "ldm r0, {r1-r7}\n" /* block, block_bytes, blocks, pairs (x), last, steps, form */
        "str r1, [sp, #" BLOCK "]\n"
        "str r2, [sp, #" BLOCK_BYTES "]\n"
        "mla r3, r2, r3, r1\n"
        "sub r3, r3, #16\n"
        "str r3, [sp, #" LAST_STARTS "]\n"
        "str r5, [sp, #" LAST "]\n"
        "lsl r6, r6, #3\n"
        "str r6, [sp, #" STEPS_BYTES "]\n"
        "str r7, [sp, #" FORM "]\n"

        /* a pair, whose words x points to; a pixel alone has the same outputs as itself, and an even number of steps */
        "1: ldr r1, [sp, #" STEPS_BYTES "]\n"
        "ldr r0, [sp, #" FORM "]\n"
        "add r2, x, r1\n"
        "ldr r3, [r2]\n"
        "ldr r6, [r2, #4]\n"
        "sub r7, r2, r0\n"
        "str r7, [sp, #" X_END "]\n"
        "subs r3, r3, r6\n"
        "orr r3, r3, r0\n"
        "and r6, r1, #8\n"
        "orrs r3, r3, r6\n"
        "beq 10f\n"
        "rsb r0, r1, #0\n"
        "and r0, r0, #120\n" /* 8 bytes for each step to skip */
        "adr.w r3, 2f\n"
        "add r6, r0, r0, lsl #1\n"
        "add r3, r3, r6, lsl #1\n" /* 48 bytes of code for each */

        /* the first block, from the place r3 in a loop on; r0 bytes are skipped */
        "9: adds r3, r3, #1\n"
        "str r3, [sp, #" ENTRY "]\n"
        "add r1, r1, r0\n"
        "str r1, [sp, #" BACK "]\n"
        "rsb r6, r0, #16\n"
        "str r6, [sp, #" ON "]\n"
        "ldr w, [sp, #" BLOCK "]\n"
        "ldr r6, [sp, #" BLOCK_BYTES "]\n"
        "sub x, r2, r1\n"
        "add r6, w, r6\n"
        "sub w, w, r0\n"
        "ldmdb r6, {r6-r9}\n"
        "mov blo_ab, alo_ab\n"
        "mov bmix_ab, amix_ab\n"
        "mov blo_cd, alo_cd\n"
        "mov bmix_cd, amix_cd\n"
        "bx r3\n"

        /* 16 steps */
        ".balign 4\n"
        "2:\n"
        ".irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
        "ldr pa, [x, #8 * \\i]\n"
        "ldr pb, [x, #8 * \\i + 4]\n"
        "ldr ab, [w, #8 * \\i]\n"
        "ldr cd, [w, #8 * \\i + 4]\n"
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
        "adds x, x, #128\n"
        "ldr r0, [sp, #" X_END "]\n"
        "adds w, w, #128\n"
        "cmp x, r0\n"
        "blo 2b\n"
        "bne 5f\n"

        /* ONE_PRODUCT: 256 times the accumulators; at w the words of A and B, then of C and D */
        "sub amix_ab, amix_ab, alo_ab\n"
        "sub bmix_ab, bmix_ab, blo_ab\n"
        "sub amix_cd, amix_cd, alo_cd\n"
        "sub bmix_cd, bmix_cd, blo_cd\n"
        "lsl alo_ab, alo_ab, #8\n"
        "lsl blo_ab, blo_ab, #8\n"
        "lsl alo_cd, alo_cd, #8\n"
        "lsl blo_cd, blo_cd, #8\n"
        "ldmia w!, {r0-r3}\n"
        "smmla alo_ab, alo_ab, r0, r1\n"
        "smmla blo_ab, blo_ab, r0, r1\n"
        "smmla amix_ab, amix_ab, r2, r3\n"
        "smmla bmix_ab, bmix_ab, r2, r3\n"
        "ldmia w!, {r0-r3}\n"
        "smmla alo_cd, alo_cd, r0, r1\n"
        "smmla blo_cd, blo_cd, r0, r1\n"
        "smmla amix_cd, amix_cd, r2, r3\n"
        "smmla bmix_cd, bmix_cd, r2, r3\n"
        ".irp sum, r6,r7,r8,r9,r10,r11,r12,r14\n"
        "ssat \\sum, #8, \\sum, asr #12\n"
        ".endr\n"

        /* stores; A last, because its store moves on to the next block */
        "3: ldr r2, [x]\n"
        "ldr r3, [x, #4]\n"
        "strb amix_ab, [r2, #1]\n"
        "strb bmix_ab, [r3, #1]\n"
        "strb alo_cd, [r2, #2]\n"
        "strb blo_cd, [r3, #2]\n"
        "strb amix_cd, [r2, #3]\n"
        "strb bmix_cd, [r3, #3]\n"
        "strb alo_ab, [r2], #4\n"
        "strb blo_ab, [r3], #4\n"

        /* the next block; w is at this one's starts */
        "4: str r2, [x]\n"
        "str r3, [x, #4]\n"
        "ldm sp, {r0-r3, r6}\n" /* ENTRY, LAST_STARTS, BACK, BLOCK_BYTES, ON */
        "cmp w, r1\n"
        "beq 7f\n"
        "subs x, x, r2\n"
        "adds r3, r3, w\n"
        "adds w, w, r6\n"
        "ldm r3, {r6-r9}\n"
        "mov blo_ab, alo_ab\n"
        "mov bmix_ab, amix_ab\n"
        "mov blo_cd, alo_cd\n"
        "mov bmix_cd, amix_cd\n"
        "bx r0\n"

        /* other forms; x - r0 is the form */
        "5: sub r0, x, r0\n"
        "sub amix_ab, amix_ab, alo_ab\n"
        "sub bmix_ab, bmix_ab, blo_ab\n"
        "sub amix_cd, amix_cd, alo_cd\n"
        "sub bmix_cd, bmix_cd, blo_cd\n"
        "cmp r0, #1\n"
        "bne 6f\n"

        /* TWO_ROUNDINGS: twice the accumulators; the words of one channel after the other */
        "lsl alo_ab, alo_ab, #1\n"
        "lsl blo_ab, blo_ab, #1\n"
        "lsl alo_cd, alo_cd, #1\n"
        "lsl blo_cd, blo_cd, #1\n"
        "asr amix_ab, amix_ab, #7\n"
        "asr bmix_ab, bmix_ab, #7\n"
        "asr amix_cd, amix_cd, #7\n"
        "asr bmix_cd, bmix_cd, #7\n"
        ".macro tg_two_roundings suma, sumb\n"
        "ldmia w!, {r0-r2}\n"
        "add r3, r1, \\suma, asr #31\n"
        "smmlar \\suma, \\suma, r0, r3\n"
        "add r3, r1, \\sumb, asr #31\n"
        "smmlar \\sumb, \\sumb, r0, r3\n"
        "asr \\suma, \\suma, r2\n"
        "asr \\sumb, \\sumb, r2\n"
        "ssat \\suma, #8, \\suma\n"
        "ssat \\sumb, #8, \\sumb\n"
        ".endm\n"
        "tg_two_roundings alo_ab, blo_ab\n"
        "tg_two_roundings amix_ab, bmix_ab\n"
        "tg_two_roundings alo_cd, blo_cd\n"
        "tg_two_roundings amix_cd, bmix_cd\n"
        ".purgem tg_two_roundings\n"
        "b 3b\n"

        /* by a rule: the accumulators as they are */
        "6: asr amix_ab, amix_ab, #8\n"
        "asr bmix_ab, bmix_ab, #8\n"
        "asr amix_cd, amix_cd, #8\n"
        "asr bmix_cd, bmix_cd, #8\n"
        "adds w, w, #32\n"
        "ldr r2, [x]\n"
        "ldr r3, [x, #4]\n"
        "stmia r2!, {r6-r9}\n"
        "stmia r3!, {r10-r12, lr}\n"
        "b 4b\n"

        /* the next pair */
        "7: ldr r1, [sp, #" LAST "]\n"
        "cmp x, r1\n"
        "beq 8f\n"
        "adds x, x, #8\n"
        "b 1b\n"
        "8: add sp, sp, #" FRAME_BYTES "\n"
        "pop {r4-r11, pc}\n"

        /* ONE_PRODUCT of a pixel alone */
        "10: rsb r0, r1, #0\n"
        "and r0, r0, #56\n" /* 8 bytes for each step to skip */
        "adr.w r3, 11f\n"
        "add r3, r3, r0, lsl #2\n" /* 32 bytes of code for each */
        "b 9b\n"

        /* 8 steps, two by two */
        ".balign 4\n"
        "11:\n"
        ".irp i, 0,1,2,3\n"
        "ldr pa, [x, #16 * \\i]\n"
        "ldr ab, [w, #16 * \\i]\n"
        "ldr cd, [w, #16 * \\i + 4]\n"
        "ldr pb, [x, #16 * \\i + 8]\n"
        "ldr blo_ab, [w, #16 * \\i + 8]\n"
        "ldr blo_cd, [w, #16 * \\i + 12]\n"
        "smlad amix_ab, pa, ab, amix_ab\n"
        "smlad amix_cd, pa, cd, amix_cd\n"
        "sxtb16 ab, ab\n"
        "sxtb16 cd, cd\n"
        "smlad alo_ab, pa, ab, alo_ab\n"
        "smlad alo_cd, pa, cd, alo_cd\n"
        "smlad amix_ab, pb, blo_ab, amix_ab\n"
        "smlad amix_cd, pb, blo_cd, amix_cd\n"
        "sxtb16 blo_ab, blo_ab\n"
        "sxtb16 blo_cd, blo_cd\n"
        "smlad alo_ab, pb, blo_ab, alo_ab\n"
        "smlad alo_cd, pb, blo_cd, alo_cd\n"
        ".endr\n"
        "adds x, x, #64\n"
        "ldr r0, [sp, #" X_END "]\n"
        "adds w, w, #64\n"
        "cmp x, r0\n"
        "blo 11b\n"
        "sub amix_ab, amix_ab, alo_ab\n"
        "sub amix_cd, amix_cd, alo_cd\n"
        "lsl alo_ab, alo_ab, #8\n"
        "lsl alo_cd, alo_cd, #8\n"
        "ldmia w!, {r0-r3}\n"
        "smmla alo_ab, alo_ab, r0, r1\n"
        "smmla amix_ab, amix_ab, r2, r3\n"
        "ldmia w!, {r0-r3}\n"
        "smmla alo_cd, alo_cd, r0, r1\n"
        "smmla amix_cd, amix_cd, r2, r3\n"
        ".irp sum, r6,r7,r8,r9\n"
        "ssat \\sum, #8, \\sum, asr #12\n"
        ".endr\n"
        "ldr r2, [x]\n"
        "strb amix_ab, [r2, #1]\n"
        "strb alo_cd, [r2, #2]\n"
        "strb amix_cd, [r2, #3]\n"
        "strb alo_ab, [r2], #4\n"
        "mov r3, r2\n"
        "b 4b\n"
        ".unreq pa\n .unreq pb\n .unreq ab\n .unreq cd\n .unreq x\n .unreq w\n"
        ".unreq alo_ab\n .unreq amix_ab\n .unreq alo_cd\n .unreq amix_cd\n"
        ".unreq blo_ab\n .unreq bmix_ab\n .unreq blo_cd\n .unreq bmix_cd\n");
}

#else

TG_KERNEL void tg_conv2d_1x1_run_dsp(const struct tg_pointwise_task *task)
{
    run_in_c(task);
}

#endif

/* A block of channels of one pair by a rule: the accumulators go to `sums` first. */
static void run_pair_by_rule(const struct tg_pointwise_task *task, int8_t *sums)
{
    const struct tg_pointwise_outputs apart = {sums, sums + TG_DSP_BLOCK * TG_POINTWISE_WORD_BYTES};
    const int32_t *words = task->block + task->steps * TG_POINTWISE_STEP_WORDS;
    struct tg_pointwise_outputs to;

    memcpy(&to, task->last, sizeof to);
    memcpy(task->last, &apart, sizeof apart);
    tg_conv2d_1x1_run_dsp(task);
    for (int32_t i = 0; i < TG_DSP_BLOCK; i++) {
        int32_t acc_a;
        int32_t acc_b;
        memcpy(&acc_a, sums + i * TG_POINTWISE_WORD_BYTES, sizeof acc_a);
        memcpy(&acc_b, sums + (TG_DSP_BLOCK + i) * TG_POINTWISE_WORD_BYTES, sizeof acc_b);
        *to.a++ = tg_dsp_by_rule(acc_a, words, task->scale);
        *to.b++ = tg_dsp_by_rule(acc_b, words, task->scale);
        words += tg_dsp_channel_words(task->form);
    }
    memcpy(task->last, &to, sizeof to);
}

/* A task by a rule, block by block and pair by pair; behind the pairs is room for accumulators. */
TG_NOINLINE static void run_by_rule(const struct tg_pointwise_task *task)
{
    const int32_t steps_bytes = task->steps * TG_POINTWISE_STEP_WORDS * TG_POINTWISE_WORD_BYTES;
    int8_t *const end = task->last + sizeof(struct tg_pointwise_outputs);
    struct tg_pointwise_task one = *task;

    one.blocks = 1;
    for (int32_t left = task->blocks; left > 0; left--) {
        for (one.pairs = task->pairs; one.pairs < end; one.pairs = one.last + sizeof(struct tg_pointwise_outputs)) {
            one.last = one.pairs + steps_bytes;
            run_pair_by_rule(&one, end);
        }
        one.block += one.block_bytes / TG_POINTWISE_WORD_BYTES;
    }
}

static void run(const struct tg_pointwise_task *task)
{
    if (task->form == TG_DSP_RULE_A6 || task->form == TG_DSP_RULE_A7) {
        run_by_rule(task);
    } else {
        tg_conv2d_1x1_run_dsp(task);
    }
}

TG_KERNEL void tg_conv2d_1x1_s8_dsp(const struct tg_conv2d_1x1_dsp *layer, const int8_t *in, int8_t *out, void *scratch)
{
    tg_pointwise_whole(layer, in, out, scratch, run);
}

TG_KERNEL void tg_conv2d_1x1_s8_dsp_rows(const struct tg_conv2d_1x1_dsp *layer, const int8_t *const *rows,
                                         int8_t *const *out, int32_t row_count, void *scratch)
{
    tg_pointwise_rows(layer, rows, out, row_count, scratch, run);
}
