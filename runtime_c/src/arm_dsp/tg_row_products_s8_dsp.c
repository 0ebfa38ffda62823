/* See tg_row_products_s8_dsp.h.
 *
 * A word of a tile has the bytes b0, b1, b2, b3 of a row, of which b0 and b2 are unsigned. As two int16 it is
 * (b0 + 256 b1, b2 + 256 b3), and a UXTB16 gives (b0, b2). With the query as (256 x0 - x1, 256 x2 - x3) and (x1, x3)
 * two SMLAD add 256 (b0 x0 + b1 x1 + b2 x2 + b3 x3): what x1 and x3 have to do with b0 and b2 cancels out. That saves
 * a UXTB16 of the odd bytes. 256 x0 - x1 fits in int16 because no feature is below -127.
 *
 * Overflow: the generator has proved that sums of products with the bytes, absolute, stay below 2^23; partial sums
 * may wrap.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_row_products_s8_dsp.h"

#include "tg_assembly.h"
#include "tg_simd.h"

TG_KERNEL struct tg_row_query tg_row_query_s8_dsp(const int8_t *in, int32_t depth, int16_t *x)
{
    struct tg_row_query query = {0, 0};

    for (int32_t k = 0; k < depth; k += TG_QUAD, x += TG_QUAD) {
        int32_t value[TG_QUAD] = {0, 0, 0, 0};

        for (int32_t i = 0; i < TG_QUAD && k + i < depth; i++) {
            value[i] = in[k + i] < TG_LEAST_FEATURE ? TG_LEAST_FEATURE : in[k + i];
            query.norm += value[i] * value[i];
        }
        query.offset += (value[0] + value[2]) * 128;
        x[0] = (int16_t)(256 * value[0] - value[1]);
        x[1] = (int16_t)(256 * value[2] - value[3]);
        x[2] = (int16_t)value[1];
        x[3] = (int16_t)value[3];
    }
    return query;
}

TG_KERNEL tg_products_s8 tg_row_products_s8_dsp;

#if TG_ASSEMBLY

#define ARGUMENT __attribute__((unused))

/* 25 cycles for a quad of four rows, which is 16 products; one more for the loop, every second one. */
TG_NAKED void tg_row_products_s8_dsp(const uint8_t *tile ARGUMENT, const int16_t *x ARGUMENT, int32_t quads ARGUMENT,
                                     int32_t *products ARGUMENT)
{
    __asm__ volatile(
        ".syntax unified\n"
        "push {r3-r11, lr}\n"
        "movs r4, #0\n"
        "movs r5, #0\n"
        "movs r6, #0\n"
        "movs r7, #0\n"

        ".macro tg_row word, sum\n"
        "uxtb16 r3, \\word\n"
        "smlad \\sum, \\word, lr, \\sum\n"
        "smlad \\sum, r3, r12, \\sum\n"
        ".endm\n"
        ".macro tg_quad\n"
        "ldmia r0!, {r8-r11}\n"
        "ldmia r1!, {r12, lr}\n"
        "tg_row r8, r4\n"
        "tg_row r9, r5\n"
        "tg_row r10, r6\n"
        "tg_row r11, r7\n"
        ".endm\n"

        "adds r2, r2, #1\n"
        "lsrs r2, r2, #1\n" /* carry: an even number of quads */
        "bcc 2f\n"
        ".balign 4\n"
        "1:\n"
        "tg_quad\n"
        "2:\n"
        "tg_quad\n"
        "subs r2, r2, #1\n"
        "bne 1b\n"

        "ldr r3, [sp]\n"
        "asrs r4, r4, #8\n"
        "asrs r5, r5, #8\n"
        "asrs r6, r6, #8\n"
        "asrs r7, r7, #8\n"
        "stm r3, {r4-r7}\n"
        "pop {r3-r11, pc}\n"
        ".purgem tg_quad\n"
        ".purgem tg_row\n");
}

#else

TG_KERNEL void tg_row_products_s8_dsp(const uint8_t *tile, const int16_t *x, int32_t quads, int32_t *products)
{
    for (int32_t r = 0; r < TG_TILE_ROWS; r++) {
        const int16_t *from = x;
        const uint8_t *bytes = tile + TG_QUAD * r;
        int32_t sum = 0;

        for (int32_t i = 0; i < quads; i++, from += TG_QUAD, bytes += TG_TILE_ROWS * TG_QUAD) {
            uint32_t word;

            memcpy(&word, bytes, sizeof word);
            sum = tg_smlad(word, tg_load_pair(from + 2), sum);
            sum = tg_smlad(word & 0x00FF00FFu, tg_load_pair(from), sum);
        }
        products[r] = sum >> 8;
    }
}

#endif
