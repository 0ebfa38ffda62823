/* Takes four channels of lines apart, into planes of int16. See tg_depthwise_planes.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_PLANES_SPLIT_H
#define TG_PLANES_SPLIT_H

#include "tg_depthwise_planes.h"

/* Channels that are taken apart together: the bytes of a word. */
#define TG_PLANES 4

/* What is taken apart: `lines` lines of head + 2 * pairs + tail columns. Where head is 1, the column before the first
 * is padding; where tail is 1, the one behind the last. */
struct tg_planes_split {
    const int8_t *from; /* first channel of the first column */
    uint32_t *to;       /* first word of the first line, of the first channel */
    int32_t plane_1;    /* bytes from there to the second channel's */
    int32_t plane_2;    /* bytes to the third's, and from the second's to the fourth's */
    int32_t lines;      /* 1 or more */
    int32_t row_bytes;  /* from one line to the next in `from` */
    int32_t channels;   /* bytes from one column to the next */
    int32_t head;
    int32_t pairs;
    int32_t tail;
    uint32_t padding; /* four channels of a column of padding */
};

void tg_planes_split_dsp(const struct tg_planes_split *task);

/* Moves lines to a lower address, whole lines below. */
void tg_planes_move_dsp(uint32_t *to, const uint32_t *from, int32_t lines);

#endif
