/* See tg_conv2d_winograd_short.h.
 *
 * Cycles on M4: 16 for each step of a position, about 60 for each position; then about 24 for each output.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_winograd_short.h"
#include "tg_conv2d_winograd_multiply.h"
#include "tg_conv2d_winograd_parts.h"

#if TG_ASSEMBLY

/* A m down the columns, for two tiles and four channels: m [6 rows][6 columns][8] becomes [4][6][8]. */
INNER void transform_columns(int32_t *m ARGUMENT)
{
    __asm__ volatile(
        "push {r4-r7, lr}\n"
        "mov r7, r0\n"
        "add r12, r0, #192\n"
        ".p2align 2\n"
        "1:\n" COLUMN(0)
        "add r7, r7, #4\n"
        "cmp r7, r12\n"
        "bne.w 1b\n"
        "pop {r4-r7, pc}\n");
}

/* A m along the rows, for one tile of four channels, to bytes [4 rows of BLOCK_ROW][4 columns][4 channels]. r7 runs
 * over the rows of m, r8 over the words of its channels, r11 over the bytes. Frame: the end of the channels, and of a
 * channel's rows. */
INNER void finish_signed(int32_t *m ARGUMENT, const int32_t *channels ARGUMENT, int8_t *block ARGUMENT)
{
    __asm__ volatile(
        "push {r2-r11, lr}\n"
        "mov r7, r0\n"
        "add r0, r0, #16\n"
        "str r0, [sp]\n"
        "mov r8, r1\n"
        "mov r11, r2\n"
        ".p2align 2\n"
        "1:\n"
        "ldm.w r8!, {r9, r10, r12, lr}\n"
        "add r0, r7, #768\n"
        "str r0, [sp, #4]\n"
        "2:\n" ROW(0, "", SIGNED)
        "ldr r0, [sp, #4]\n"
        "add r7, r7, #192\n"
        "add r11, r11, #32\n"
        "cmp r7, r0\n"
        "bne.w 2b\n"
        "ldr r0, [sp]\n"
        "sub r7, r7, #764\n"
        "sub r11, r11, #127\n"
        "cmp r7, r0\n"
        "bne.w 1b\n"
        "pop {r2-r11, pc}\n");
}

#else

/* A m down the columns, for two tiles and four channels: m [6 rows][6 columns][8] becomes [4][6][8]. */
static void transform_columns(int32_t *m)
{
    for (int32_t i = 0; i < 8 * TG_WINOGRAD_INPUTS; i++) {
        transform(m + i, 8 * TG_WINOGRAD_INPUTS);
    }
}

static void finish_signed(int32_t *m, const int32_t *channels, int8_t *block)
{
    finish_any(m, channels, TG_WINOGRAD_SHIFT, block);
}

#endif

static void finish(const struct tg_conv2d_winograd_dsp *layer, int32_t *m, const int32_t *channels, int8_t *block)
{
    (void)layer;
    finish_signed(m, channels, block); /* channels of TG_WINOGRAD_PLAIN have the sign term 0 */
}

TG_KERNEL void tg_conv2d_winograd_short(const struct tg_conv2d_winograd_dsp *layer,
                                        const struct tg_winograd_image *image, const struct tg_winograd_tiles *tile,
                                        int32_t channel, const uint32_t *u, const uint32_t *x, int32_t *work)
{
    static const struct tg_winograd_method method = {tg_conv2d_winograd_multiply, transform_columns, finish};

    tg_conv2d_winograd_outputs(layer, image, tile, channel, u, x, work, &method);
}
