/* See tg_linear_tiles.h.
 *
 * A word of a tile is two int16, 256 w1 + w0 and 256 w3 + w2, of which a SXTB16 gives w0 and w2. With the features as
 * (256 x0 - x1, 256 x2 - x3) and (x1, x3) two SMLAD add 256 (w0 x0 + w1 x1 + w2 x2 + w3 x3): what x1 and x3 have to do
 * with w0 and w2 cancels out. 256 x0 - x1 fits in int16 because no feature is below -127.
 *
 * Overflow: the generator has proved that sums stay below 2^23; partial sums may wrap.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_linear_tiles.h"

#include "tg_assembly.h"
#include "tg_simd.h"

#define TG_TILE_OUTPUTS 4
#define TG_QUAD_FEATURES 4
#define TG_LEAST_QUAD 0x81818181u /* four times -127 */

TG_INLINE void widen_quad(uint32_t quad, uint32_t *x)
{
    const uint32_t raised = tg_smax8(quad, TG_LEAST_QUAD);
    const uint32_t odd = tg_sxtb16_ror8(raised);

    x[0] = tg_ssub16((raised & 0x00FF00FFu) << 8, odd);
    x[1] = odd;
}

/* The features, whole quads of them. */
static void widen(const int8_t *in, int32_t depth, uint32_t *x)
{
    uint32_t rest = 0;

    for (; depth >= TG_QUAD_FEATURES; depth -= TG_QUAD_FEATURES, in += TG_QUAD_FEATURES, x += 2) {
        widen_quad(tg_load_quad(in), x);
    }
    for (int32_t k = 0; k < depth; k++) {
        rest |= (uint32_t)(uint8_t)in[k] << (8 * k);
    }
    if (depth > 0) {
        widen_quad(rest, x);
    }
}

#if TG_ASSEMBLY

#define ARGUMENT __attribute__((unused))

/* Whole tiles, one at least: 25 cycles for a quad of four outputs, which is 16 products. */
TG_NAKED static void multiply(const uint8_t *tile ARGUMENT, const uint32_t *x ARGUMENT, int32_t quads ARGUMENT,
                              const int32_t *bias ARGUMENT, int32_t *out ARGUMENT, int32_t tiles ARGUMENT)
{
    __asm__ volatile(
        ".syntax unified\n"
        "push {r1-r11, lr}\n" /* x, quads, bias at sp, sp + 4, sp + 8; out and tiles at sp + 48, sp + 52 */

        ".macro tg_row word, sum\n"
        "sxtb16 r3, \\word\n"
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

        "3:\n"
        "ldrd r1, r2, [sp]\n"
        "movs r4, #0\n"
        "movs r5, #0\n"
        "movs r6, #0\n"
        "movs r7, #0\n"
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

        "ldr r1, [sp, #8]\n"
        "ldr r2, [sp, #48]\n"
        "ldmia r1!, {r8-r11}\n"
        "add r8, r8, r4, asr #8\n"
        "add r9, r9, r5, asr #8\n"
        "add r10, r10, r6, asr #8\n"
        "add r11, r11, r7, asr #8\n"
        "stmia r2!, {r8-r11}\n"
        "str r1, [sp, #8]\n"
        "str r2, [sp, #48]\n"
        "ldr r1, [sp, #52]\n"
        "subs r1, r1, #1\n"
        "str r1, [sp, #52]\n"
        "bne 3b\n"
        "pop {r1-r11, pc}\n"
        ".purgem tg_quad\n"
        ".purgem tg_row\n");
}

#else

static void multiply(const uint8_t *tile, const uint32_t *x, int32_t quads, const int32_t *bias, int32_t *out,
                     int32_t tiles)
{
    for (; tiles > 0; tiles--, tile += TG_TILE_OUTPUTS * TG_QUAD_FEATURES * quads) {
        for (int32_t r = 0; r < TG_TILE_OUTPUTS; r++) {
            const uint8_t *bytes = tile + TG_QUAD_FEATURES * r;
            int32_t sum = 0;

            for (int32_t i = 0; i < quads; i++, bytes += TG_TILE_OUTPUTS * TG_QUAD_FEATURES) {
                uint32_t word;

                memcpy(&word, bytes, sizeof word);
                sum = tg_smlad(word, x[2 * i + 1], sum);
                sum = tg_smlad(tg_sxtb16(word), x[2 * i], sum);
            }
            *out++ = *bias++ + (sum >> 8);
        }
    }
}

#endif

TG_KERNEL void tg_linear_tiles_s8_dsp(const struct tg_linear_tiles *layer, const int8_t *in, int32_t *out, void *scratch)
{
    const int32_t quads = (layer->depth + TG_QUAD_FEATURES - 1) / TG_QUAD_FEATURES;
    const int32_t tiles = layer->outputs / TG_TILE_OUTPUTS;
    const int32_t done = tiles * TG_TILE_OUTPUTS;
    uint32_t *const x = (uint32_t *)scratch;

    widen(in, layer->depth, x);
    if (tiles > 0) {
        multiply(layer->tiles, x, quads, layer->bias, out, tiles);
    }
    if (done < layer->outputs) {
        int32_t last[TG_TILE_OUTPUTS];

        multiply(layer->tiles + done * TG_QUAD_FEATURES * quads, x, quads, layer->bias + done, last, 1);
        for (int32_t c = done; c < layer->outputs; c++) {
            out[c] = last[c - done];
        }
    }
}
