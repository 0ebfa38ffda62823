/* See tg_dsp_steps.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_dsp_steps.h"

#if TG_ASSEMBLY

/* For each pair and block 15 cycles for each step, which is 16 products, 8 for each 16 steps, and 80 more.
 *
 * The loop over the steps is unrolled 16 times and entered in its middle, so that it ends where the steps end: `x` and
 * `w` start as much too low. Frame: */
#define SKIP TG_PAIR_FREE       /* as much */
#define ENTRY TG_PAIR_FREE_4    /* where the loop is entered */
#define W_ENTRY TG_PAIR_FREE_8  /* w there */

TG_NAKED TG_KERNEL void tg_dsp_steps_run(struct tg_pair_task *task TG_PAIR_ARGUMENT)
{
    __asm__ volatile(
        TG_PAIR_NAMES
        TG_PAIR_PRODUCTS
        TG_PAIR_ENTER
        "ldr r1, [r0, #" TG_PAIR_TASK_WEIGHTS_BYTES "]\n"
        "adr r3, 2f\n"
        "rsb r1, r1, #0\n"
        "and r1, r1, #120\n" /* 8 for each step */
        "str r1, [sp, #" SKIP "]\n"
        "add r2, r1, r1, lsl #1\n"
        "add r3, r3, r2, lsl #1\n" /* 48 bytes of code for each */
        "add r3, r3, #1\n"
        "str r3, [sp, #" ENTRY "]\n"

        /* a block */
        "0:\n"
        TG_PAIR_ENTER_BLOCK
        "ldr r2, [sp, #" SKIP "]\n"
        "ldr r3, [sp, #" TG_PAIR_X "]\n"
        "sub r1, r1, r2\n"
        "str r1, [sp, #" W_ENTRY "]\n"
        "sub x, r3, r2\n"
        "str x, [sp, #" TG_PAIR_X "]\n"

        /* a pair */
        "1: ldr r0, [sp, #" TG_PAIR_STARTS "]\n"
        "ldr r1, [sp, #" ENTRY "]\n"
        "ldr w, [sp, #" W_ENTRY "]\n"
        TG_PAIR_START
        "bx r1\n"

        /* 16 steps */
        ".balign 4\n"
        "2:\n"
        ".irp i, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
        "ldr pa, [x, #8 * \\i]\n"
        "ldr pb, [x, #8 * \\i + 4]\n"
        "ldr ab, [w, #8 * \\i]\n"
        "ldr cd, [w, #8 * \\i + 4]\n"
        "tg_products pa, pb\n"
        ".endr\n"
        "adds w, w, #128\n"
        "ldr r0, [sp, #" TG_PAIR_W_END "]\n"
        "adds x, x, #128\n"
        "cmp w, r0\n"
        "blo 2b\n"

        TG_PAIR_FINISH
        TG_PAIR_NEXT_BLOCK
        "bne 0b\n"
        TG_PAIR_LEAVE
        ".purgem tg_products\n"
        TG_PAIR_FORGET_NAMES);
}

#else

static void run_pair(const struct tg_pair_task *task, const int8_t *x, const int32_t *weights, const int32_t *block,
                     int8_t *out)
{
    const int32_t *const end = weights + task->weights_bytes / TG_PAIR_WORD_BYTES;
    struct tg_pair_sums a = tg_pair_start(task, block);
    struct tg_pair_sums b = a;

    for (; weights != end; weights += TG_PAIR_STEP_WORDS) {
        tg_pair_products(&a, x, weights);
        tg_pair_products(&b, x + TG_PAIR_WORD_BYTES, weights);
        x += 2 * TG_PAIR_WORD_BYTES;
    }
    tg_pair_finish(&b, block, task->form, out + task->out_b);
    tg_pair_finish(&a, block, task->form, out);
}

TG_KERNEL void tg_dsp_steps_run(struct tg_pair_task *task)
{
    const int32_t *weights = task->weights;
    const int32_t *block = task->block;

    for (int32_t i = 0; i < task->blocks; i++) {
        int8_t *const out = task->out + i * TG_DSP_BLOCK;
        for (int32_t pair = 0; pair < task->pairs; pair++) {
            run_pair(task, task->x + pair * task->x_step, weights, block, out + pair * task->out_step);
        }
        weights += task->weights_bytes / TG_PAIR_WORD_BYTES;
        block += task->block_bytes / TG_PAIR_WORD_BYTES;
    }
}

#endif
