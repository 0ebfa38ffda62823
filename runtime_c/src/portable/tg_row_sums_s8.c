/* See tg_row_sums.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_row_sums.h"

/* Channels that are summed together. */
#define TOGETHER 4

static void add_four(const struct tg_row_sums *layer, const int8_t *row, int32_t *sums)
{
    int32_t a = sums[0];
    int32_t b = sums[1];
    int32_t c = sums[2];
    int32_t d = sums[3];

    for (int32_t left = layer->width; left > 0; left--) {
        a += row[0];
        b += row[1];
        c += row[2];
        d += row[3];
        row += layer->channels;
    }
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
}

static void add_one(const struct tg_row_sums *layer, const int8_t *row, int32_t *sums)
{
    int32_t a = sums[0];

    for (int32_t left = layer->width; left > 0; left--) {
        a += *row;
        row += layer->channels;
    }
    sums[0] = a;
}

TG_KERNEL void tg_row_sums_s8(const struct tg_row_sums *layer, const int8_t *row, int32_t *sums,
                              int32_t is_first)
{
    const int32_t channels = layer->channels;
    int32_t done = 0;

    if (is_first) {
        (void)memset(sums, 0, (size_t)channels * sizeof *sums);
    }
    for (; done + TOGETHER <= channels; done += TOGETHER) {
        add_four(layer, row + done, sums + done);
    }
    for (; done < channels; done++) {
        add_one(layer, row + done, sums + done);
    }
}
