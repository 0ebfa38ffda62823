/* Depthwise 3x3 windows of one channel whose columns lie in words.
 *
 * A pass holds a word for each column of a padded input, with the bytes of four rows. The pass of output rows y and
 * y + 1 (vertical stride 1) uses bytes 0 to 2 and 1 to 3; that of one row y (vertical stride 2) uses bytes 1 to 3.
 * Outputs go to rows given by pointers, two for each pass or one; two may be the same row, which the first one gets.
 *
 *   t = offset + sum weights[3 * kx + ky] * byte        the weights are those of the layer << prescale
 *   out = saturate_int8((floor(t * multiplier / 2^32) + (t >= 0 ? sign : 0) + after) >> shift)     (tg_swar.h)
 *
 * Overflow: t fits in int32, its partial sums may wrap.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_COLUMNS_H
#define TG_DEPTHWISE_COLUMNS_H

#include "tg_common.h"

/* Assembly knows the offsets of the fields. */
struct tg_depthwise_columns {
    int32_t weights[9]; /* [kx][ky] */
    int32_t offset;
    int32_t multiplier;
    int32_t sign;
    int32_t after;
    int32_t shift;
    int32_t general;      /* 0: no sign, nothing after, and a shift of 16 */
    const uint8_t *words; /* of the first pass */
    int32_t passes;
    int32_t pass_step;   /* bytes from one pass to the next */
    int32_t row_bytes;   /* of words: out_width * column_step */
    int32_t column_step; /* bytes: 4 times the horizontal stride */
    int32_t is_pair;     /* whether a pass gives two rows */
    int8_t *const *out;  /* [passes], or [passes][2] */
    int32_t channel;     /* the first output of a row is at this byte, */
    int32_t out_step;    /* and others so many bytes apart */
};

#endif
