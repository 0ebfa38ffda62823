/* What the kernels of tg_conv2d_strips_dsp.h share: they differ in how strips read input rows.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_STRIPS_H
#define TG_CONV2D_STRIPS_H

#include "tg_conv2d_strips_dsp.h"
#include "tg_dsp_rows.h"

struct tg_strips_source;

/* Which pixels are computed together. */
struct tg_strips_pairing {
    int32_t pairs;     /* of an output row */
    int32_t columns;   /* from a pair to the next */
    int32_t b_columns; /* from a to b */
    int32_t b_rows;
};

/* Where things are in scratch, and how long. */
struct tg_strips_places {
    int8_t *sums;
    const int8_t **rows; /* where the values of the kernel's rows are */
    int8_t *entries;
    int8_t *lines; /* copies of input rows, or of pieces of them */
    int32_t entry_bytes;
    int32_t pair_bytes; /* entries from a pair to the next */
    int32_t next;       /* the input row that is loaded next */
    struct tg_dsp_rows in;
    const struct tg_strips_source *source;
    struct tg_strips_pairing pairing;
};

/* How input rows are read. */
struct tg_strips_source {
    /* Makes the rows below `end` ready, counted from the first that the first output row reads. */
    void (*load)(const struct tg_conv2d_strips_dsp *layer, struct tg_strips_places *places, int32_t end);
    /* Widens `quads` times four values of every kernel row of output row y, from `column` on. */
    void (*widen)(const struct tg_conv2d_strips_dsp *layer, const struct tg_strips_places *places, int32_t y,
                  int32_t column, int32_t quads, int8_t *to);
};

/* Widens 4 * quads values from rows[i] + at on, for each of `count` rows, into word i of the entries. */
void tg_conv2d_strips_widen_dsp(int8_t *to, const int8_t *const *rows, int32_t count, int32_t at, int32_t quads);

/* How input rows are read lies in the first bytes of scratch: an argument more would take stack. */
TG_INLINE void tg_strips_hand_over(void *scratch, const struct tg_strips_source *source)
{
    memcpy(scratch, &source, sizeof source);
}

void tg_conv2d_strips_run(const struct tg_conv2d_strips_dsp *layer, const int8_t *in, int8_t *out, void *scratch);
void tg_conv2d_strips_run_rows(const struct tg_conv2d_strips_dsp *layer, const int8_t *const *rows, int8_t *const *out,
                               int32_t row_count, void *scratch);

#endif
