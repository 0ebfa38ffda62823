/* What the two ways to the outputs of a Winograd convolution share (tg_conv2d_winograd_outputs.h).
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_WINOGRAD_PARTS_H
#define TG_CONV2D_WINOGRAD_PARTS_H

#include "tg_assembly.h"
#include "tg_conv2d_winograd_outputs.h"
#include "tg_fixedpoint.h"
#include "tg_simd.h"

#if TG_ASSEMBLY

/* Arguments are registers that the compiler does not see read; `used` keeps it from leaving them out. */
#define INNER TG_NAKED __attribute__((used)) static
#define ARGUMENT __attribute__((unused))

#define ADD(sum, x, w) "smlad " sum "," x "," w "," sum "\n"
#define SET(sum, x, w) "smuad " sum "," x "," w "\n"

/* Step j: x0, x1 in r8, r9 are the tiles, r10, r11 weights of four channels; sums in r0-r3 and r4-r7. 16 cycles and
 * 56 bytes. lr runs 4 bytes behind the weights, so that the last load of a block can move it. */
#define STEP(j, sum, last)                                                                                    \
    "ldr.w r8, [r12, #288*" j "]\n"                                                                           \
    "ldr.w r9, [r12, #288*" j "+4]\n"                                                                         \
    "ldr.w r10, [lr, #16*" j "+4]\n"                                                                          \
    "ldr.w r11, [lr, #16*" j "+8]\n" sum("r0", "r8", "r10") sum("r4", "r9", "r10") sum("r1", "r8", "r11")     \
        sum("r5", "r9", "r11") "ldr.w r10, [lr, #16*" j "+12]\n"                                              \
    "ldr.w r11, [lr, #16*" j "+16]" last "\n" sum("r2", "r8", "r10") sum("r6", "r9", "r10")                   \
        sum("r3", "r8", "r11") sum("r7", "r9", "r11")
#define FIRST_STEP STEP("0", SET, "")
#define STEPS(list) ".irp j, " list "\n" STEP("\\j", ADD, "") ".endr\n"
#define LAST_STEP STEP("7", ADD, "!")

/* A m of the six words in r0 to r5: r0, r4, r2, r5; r6 is lost. 10 cycles. */
#define TRANSFORM                                                                                             \
    "add r6, r1, r2\n"                                                                                        \
    "sub r1, r1, r2\n"                                                                                        \
    "add r2, r3, r4\n"                                                                                        \
    "sub r3, r3, r4\n"                                                                                        \
    "sub r4, r2, r6\n"                                                                                        \
    "add r0, r4, r0, lsl #1\n"                                                                                \
    "rsb r4, r1, r3, lsl #1\n"                                                                                \
    "rsb r2, r6, r2, lsl #2\n"                                                                                \
    "add r5, r5, r3\n"                                                                                        \
    "rsb r5, r1, r5, lsl #3\n"

/* Column n at r7, in place: 192 bytes from row to row, six rows become four. 21 cycles. */
#define COLUMN(n)                                                                                             \
    "ldr r0, [r7, #32*" #n "]\n"                                                                              \
    "ldr r1, [r7, #32*" #n "+192]\n"                                                                          \
    "ldr r2, [r7, #32*" #n "+384]\n"                                                                          \
    "ldr r3, [r7, #32*" #n "+576]\n"                                                                          \
    "ldr r4, [r7, #32*" #n "+768]\n"                                                                          \
    "ldr r5, [r7, #32*" #n "+960]\n" TRANSFORM                                                                \
    "str r0, [r7, #32*" #n "]\n"                                                                              \
    "str r4, [r7, #32*" #n "+192]\n"                                                                          \
    "str r2, [r7, #32*" #n "+384]\n"                                                                          \
    "str r5, [r7, #32*" #n "+576]\n"

/* int8 of t: r10 is the multiplier, r12 the offset, lr the sign term. 3 and 5 cycles with the store. */
#define PLAIN(t, to)                                                                                          \
    "smmla " t ", " t ", r10, r12\n"                                                                          \
    "ssat " t ", #8, " t ", asr #16\n"                                                                        \
    "strb " t ", [r11, #" to "]\n"
#define SIGNED(t, to)                                                                                         \
    "and r6, lr, " t ", asr #31\n"                                                                            \
    "add r6, r6, r12\n"                                                                                       \
    "smmla " t ", " t ", r10, r6\n"                                                                           \
    "ssat " t ", #8, " t ", asr #16\n"                                                                        \
    "strb " t ", [r11, #" to "]\n"

/* Row n at r7: the bias, which has the factor -1 in every output, then four outputs. 18 and 4 outputs. */
#define ROW(n, before, output)                                                                                \
    "ldr r0, [r7, #192*" #n "]\n"                                                                             \
    "ldr r1, [r7, #192*" #n "+32]\n"                                                                          \
    "ldr r2, [r7, #192*" #n "+64]\n"                                                                          \
    "ldr r3, [r7, #192*" #n "+96]\n"                                                                          \
    "ldr r4, [r7, #192*" #n "+128]\n"                                                                         \
    "ldr r5, [r7, #192*" #n "+160]\n"                                                                         \
    "sub r1, r1, r9\n" TRANSFORM before output("r0", #n "*32") output("r4", #n "*32+4")                       \
        output("r2", #n "*32+8") output("r5", #n "*32+12")

#else

/* A m of six words that lie `step` words apart, in place: four words. Modulo 2^32. */
TG_INLINE void transform(int32_t *m, int32_t step)
{
    uint32_t w[TG_WINOGRAD_INPUTS];

    for (int32_t i = 0; i < TG_WINOGRAD_INPUTS; i++) {
        w[i] = (uint32_t)m[i * step];
    }
    {
        const uint32_t a = w[1] + w[2];
        const uint32_t b = w[1] - w[2];
        const uint32_t c = w[3] + w[4];
        const uint32_t d = w[3] - w[4];

        m[0] = tg_wrap_int32((w[0] << 1) + c - a);
        m[step] = tg_wrap_int32((d << 1) - b);
        m[2 * step] = tg_wrap_int32((c << 2) - a);
        m[3 * step] = tg_wrap_int32(((w[5] + d) << 3) - b);
    }
}

/* A m along the rows, for one tile of four channels, to bytes [4 rows of TG_WINOGRAD_BLOCK_ROW][4 columns][4 channels]. */
TG_INLINE void finish_any(int32_t *m, const int32_t *channels, int32_t words, int8_t *block)
{
    for (int32_t c = 0; c < 4; c++) {
        const int32_t shift = words > TG_WINOGRAD_SHIFT ? channels[TG_WINOGRAD_SHIFT] : 16;

        for (int32_t row = 0; row < TG_WINOGRAD_TILE; row++) {
            int32_t *const y = m + row * 8 * TG_WINOGRAD_INPUTS + c;

            /* the bias has the factor -1 in every output */
            y[8] = tg_wrap_int32((uint32_t)y[8] - (uint32_t)channels[TG_WINOGRAD_BIAS]);
            transform(y, 8);
            for (int32_t x = 0; x < TG_WINOGRAD_TILE; x++) {
                const int32_t t = y[8 * x];
                const int32_t sign = t < 0 ? channels[TG_WINOGRAD_SIGN] : 0;
                const int32_t h = tg_smmla(t, channels[TG_WINOGRAD_MULTIPLIER], channels[TG_WINOGRAD_OFFSET] + sign);

                block[row * TG_WINOGRAD_BLOCK_ROW + 4 * x + c] = (int8_t)tg_ssat8(h >> shift);
            }
        }
        channels += words;
    }
}

#endif

#endif
