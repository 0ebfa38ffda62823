/* Rows of NHWC tensors: how windowed kernels get their input.
 *
 * A windowed kernel computes one or more output rows from an array of input row pointers, so that the same code
 * serves whole tensors and row-streamed chains:
 *
 *   void <kernel>_rows(layer, rows, out, row_count[, scratch])
 *
 * rows[i] is the input row first_out_row * stride - pad_top + i, for i below (row_count - 1) * stride + extent. Where
 * that lies outside of the tensor it is the layer's pad_row, or a null pointer for layers that have none (pooling).
 * out[i] is where output row first_out_row + i goes; it may not lie in an input row unless the kernel says so. `scratch`
 * is that of the kernel for whole tensors, and there is none where that has none.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_ROWS_H
#define TG_ROWS_H

#include "tg_common.h"

/* Input rows from the first tap to the last of one output row, rows between dilated taps included. */
TG_INLINE int32_t tg_window_extent(const struct tg_window *w)
{
    return (w->kernel_height - 1) * w->dilation_height + 1;
}

/* Fills rows[0 .. extent) for the output row out_y of a whole tensor `in` with rows of row_bytes. */
TG_INLINE void tg_window_rows(const struct tg_window *w, const int8_t *in, int32_t row_bytes,
                              const int8_t *pad_row, int32_t out_y, const int8_t **rows)
{
    const int32_t first = out_y * w->stride_height - w->pad_top;
    const int32_t extent = tg_window_extent(w);

    for (int32_t i = 0; i < extent; i++) {
        const int32_t y = first + i;
        rows[i] = (y >= 0 && y < w->in_height) ? in + y * row_bytes : pad_row;
    }
}

#endif
