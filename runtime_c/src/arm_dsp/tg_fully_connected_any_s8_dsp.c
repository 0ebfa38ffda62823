/* See tg_fully_connected_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_fixedpoint.h"
#include "tg_fully_connected_s8_dsp.h"

/* Outputs that the starts are padded to. */
#define BLOCK 4

/* The sum of a row. */
static int32_t sum_of(const int8_t *in, int32_t depth)
{
    int32_t sum = 0;

    for (int32_t i = 0; i < depth; i++) {
        sum += in[i];
    }
    return sum;
}

/* Where the sums start once `more` is added to every accumulator: A has it once, A + 256 * B 257 times. */
static void move_starts(const int32_t *starts, int32_t count, int32_t more, int32_t *to)
{
    const uint32_t low = (uint32_t)more;

    for (int32_t i = 0; i < count; i += 2) {
        to[i] = tg_wrap_int32((uint32_t)starts[i] + low);
        to[i + 1] = tg_wrap_int32((uint32_t)starts[i + 1] + 257u * low);
    }
}

TG_KERNEL void tg_fully_connected_any_s8_dsp(const struct tg_fully_connected_any_dsp *layer, const int8_t *in,
                                             int8_t *out, void *scratch)
{
    const int32_t count = (layer->plain.channels + BLOCK - 1) / BLOCK * BLOCK;
    const int32_t depth = layer->plain.depth - layer->again_count;
    int32_t *const starts = (int32_t *)scratch;
    int32_t *const words = starts + count;
    int8_t *const row = (int8_t *)(words + layer->plain.steps);
    struct tg_fully_connected_dsp one = layer->plain;

    one.rows = 1;
    for (int32_t left = layer->plain.rows; left > 0; left--) {
        memcpy(row, in, (size_t)depth);
        for (int32_t i = 0; i < layer->again_count; i++) {
            row[depth + i] = in[layer->again[i]];
        }
        if (layer->weights_zero_point != 0) {
            move_starts(layer->plain.starts, count, -layer->weights_zero_point * sum_of(in, depth), starts);
            one.starts = starts;
        }
        tg_fully_connected_s8_dsp(&one, row, out, words);
        in += depth;
        out += layer->plain.channels;
    }
}
