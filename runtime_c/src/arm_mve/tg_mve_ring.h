/* Rows of the input, copied into scratch once with their padding, for Helium kernels.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MVE_RING_H
#define TG_MVE_RING_H

#include "tg_mve_assembly.h"
#include "tg_mve_bytes.h"
#include "tg_rows.h"

/* Room for a pointer in scratch, on every core. */
#define TG_MVE_POINTER_BYTES 8

/* Bytes behind a row that vectors may read. */
#define TG_MVE_SLACK 16

/* Input and output: row pointers, or where they are null whole tensors. */
struct tg_mve_rows {
    const int8_t *const *in_rows;
    const int8_t *in;
    int8_t *const *out_rows;
    int8_t *out;
    int32_t count; /* of output rows */
};

/* As many copied rows as the kernel sees; row i lies in slot i modulo their number. */
struct tg_mve_ring {
    const struct tg_window *window;
    const int8_t *pad_row;
    int8_t *slots;
    int32_t channels;
    int32_t repeats; /* of every value */
    int32_t zero_point;
    int32_t slot_bytes;
    int32_t next; /* the first row that is not copied yet */
};

TG_INLINE int32_t tg_mve_slot_bytes(const struct tg_window *w, int32_t pixel_bytes)
{
    return (w->pad_left + w->in_width + w->pad_right) * pixel_bytes + TG_MVE_SLACK;
}

/* Input row i, counted from the first that the first output row sees. */
TG_INLINE const int8_t *tg_mve_input_row(const struct tg_mve_ring *ring, const struct tg_mve_rows *rows, int32_t i)
{
    const struct tg_window *w = ring->window;
    const int32_t y = i - w->pad_top;

    if (rows->in_rows) {
        return rows->in_rows[i];
    }
    return y >= 0 && y < w->in_height ? rows->in + y * w->in_width * ring->channels : ring->pad_row;
}

static TG_NOINLINE void tg_mve_copy_row(const struct tg_mve_ring *ring, const int8_t *row, int8_t *to)
{
    const struct tg_window *w = ring->window;
    const int32_t pixel = ring->channels * ring->repeats;
    const int32_t values = w->in_width * ring->channels;

    to = tg_mve_fill(to, ring->zero_point, w->pad_left * pixel);
    if (ring->repeats == 1) {
        to = tg_mve_copy(to, row, values);
    } else {
        for (int32_t i = 0; i < values; i++) {
            for (int32_t r = 0; r < ring->repeats; r++) {
                *to++ = row[i];
            }
        }
    }
    (void)tg_mve_fill(to, ring->zero_point, w->pad_right * pixel);
}

/* Copies what output row y sees and is not there yet; returns the first row that it sees. */
TG_INLINE int32_t tg_mve_advance(struct tg_mve_ring *ring, const struct tg_mve_rows *rows, int32_t y)
{
    const int32_t extent = tg_window_extent(ring->window);
    const int32_t first = y * ring->window->stride_height;

    for (int32_t i = first > ring->next ? first : ring->next; i < first + extent; i++) {
        tg_mve_copy_row(ring, tg_mve_input_row(ring, rows, i), ring->slots + i % extent * ring->slot_bytes);
    }
    ring->next = first + extent;
    return first;
}

#endif
