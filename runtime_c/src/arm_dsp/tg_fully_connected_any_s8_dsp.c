/* See tg_fully_connected_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_dsp_scale_finish.h"
#include "tg_fully_connected_s8_dsp.h"

/* Outputs that run together, and accumulators that one of their blocks may write. */
#define BLOCK 8

/* What lies in scratch. */
struct places {
    int32_t *starts; /* of outputs in blocks of eight */
    int32_t *acc;
    int32_t *part; /* the accumulators of a part of the row */
    int32_t *words;
    int8_t *row;
};

static struct places places_in(const struct tg_fully_connected_any_dsp *layer, void *scratch)
{
    const int32_t count = (layer->plain.channels + BLOCK - 1) / BLOCK * BLOCK;
    struct places to;

    to.starts = (int32_t *)scratch;
    to.acc = to.starts + count;
    to.part = to.acc + count;
    to.words = to.part + count;
    to.row = (int8_t *)(to.words + layer->plain.steps);
    return to;
}

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
static void move_starts(const struct tg_fully_connected_any_dsp *layer, int32_t more, int32_t *to)
{
    const int32_t *const starts = layer->plain.starts;
    const uint32_t low = (uint32_t)more;

    for (int32_t i = 0; i < layer->plain.channels; i += 2) {
        to[i] = tg_wrap_int32((uint32_t)starts[i] + low);
        to[i + 1] = tg_wrap_int32((uint32_t)starts[i + 1] + 257u * low);
    }
}

/* A row of several parts: their accumulators are added up. */
static void run_parts(const struct tg_fully_connected_any_dsp *layer, struct tg_fully_connected_dsp *one,
                      const struct places *at, int8_t *out)
{
    const struct tg_fully_connected_dsp *const plain = &layer->plain;
    const struct tg_dsp_scale scale = {NULL, plain->form, plain->out_zero_point, plain->out_min, plain->out_max};

    tg_fully_connected_sums_dsp(one, at->row, at->acc, at->words);
    memset(at->starts, 0, (size_t)((int8_t *)at->acc - (int8_t *)at->starts));
    one->starts = at->starts;
    for (int32_t part = 1; part < layer->parts; part++) {
        one->weights += layer->part_words;
        tg_fully_connected_sums_dsp(one, at->row + part * plain->depth, at->part, at->words);
        for (int32_t i = 0; i < plain->channels; i++) {
            at->acc[i] += at->part[i];
        }
    }
    for (int32_t i = 0; i < plain->channels; i++) {
        out[i] = tg_dsp_by_rule(at->acc[i], plain->words + i * plain->channel_words, &scale);
    }
    tg_dsp_scale_clamp(&scale, out, plain->channels);
}

TG_KERNEL void tg_fully_connected_any_s8_dsp(const struct tg_fully_connected_any_dsp *layer, const int8_t *in,
                                             int8_t *out, void *scratch)
{
    const struct places at = places_in(layer, scratch);
    const int32_t longer = layer->depth + layer->again_count;
    const int32_t padding = layer->parts * layer->plain.depth - longer;

    for (int32_t left = layer->plain.rows; left > 0; left--) {
        struct tg_fully_connected_dsp one = layer->plain;

        one.rows = 1;
        memcpy(at.row, in, (size_t)layer->depth);
        for (int32_t i = 0; i < layer->again_count; i++) {
            at.row[layer->depth + i] = in[layer->again[i]];
        }
        memset(at.row + longer, 0, (size_t)padding);
        if (layer->weights_zero_point != 0) {
            move_starts(layer, -layer->weights_zero_point * sum_of(in, layer->depth), at.starts);
            one.starts = at.starts;
        }
        if (layer->parts == 1) {
            tg_fully_connected_s8_dsp(&one, at.row, out, at.words);
        } else {
            run_parts(layer, &one, &at, out);
        }
        in += layer->depth;
        out += layer->plain.channels;
    }
}
