/* See tg_row_sums.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_row_sums.h"

/* Channels whose sums are two words. */
#define TOGETHER 4

/* The two outer bytes of each half of a word, or the inner ones after a shift. */
#define EVEN 0x00FF00FFu

/* x + 128 of four values. */
#define RAISED 0x80808080u

static void add_four(const struct tg_row_sums *layer, const int8_t *row, uint32_t *sums)
{
    uint32_t even = sums[0];
    uint32_t odd = sums[1];

    for (int32_t left = layer->width; left > 0; left--) {
        uint32_t four;

        memcpy(&four, row, sizeof four);
        four ^= RAISED;
        even += four & EVEN;
        odd += four >> 8 & EVEN;
        row += layer->channels;
    }
    sums[0] = even;
    sums[1] = odd;
}

/* Channels that are left over: their sums beside those of none. */
static void add_few(const struct tg_row_sums *layer, const int8_t *row, int32_t count, uint32_t *sums)
{
    for (int32_t left = layer->width; left > 0; left--) {
        for (int32_t c = 0; c < count; c++) {
            sums[c & 1] += (uint32_t)(row[c] + 128) << (c & 2 ? 16 : 0);
        }
        row += layer->channels;
    }
}

TG_KERNEL void tg_row_short_sums_s8(const struct tg_row_sums *layer, const int8_t *row, uint32_t *sums,
                                    int32_t is_first)
{
    for (int32_t c = 0; c < layer->channels; c += TOGETHER) {
        const int32_t left = layer->channels - c;

        if (is_first) {
            sums[0] = layer->start;
            sums[1] = layer->start;
        }
        if (left >= TOGETHER) {
            add_four(layer, row + c, sums);
        } else {
            add_few(layer, row + c, left, sums);
        }
        sums += 2;
    }
}
