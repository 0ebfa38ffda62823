/* Where the DSP kernels find the rows of their input: in a whole tensor, or in an array of row pointers (tg_rows.h).
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DSP_ROWS_H
#define TG_DSP_ROWS_H

#include "tg_common.h"

struct tg_dsp_rows {
    const int8_t *const *pointers; /* NULL: a whole tensor */
    const int8_t *tensor;
    int32_t row_bytes;
    const struct tg_window *window;
};

TG_INLINE struct tg_dsp_rows tg_dsp_whole_tensor(const struct tg_window *w, int32_t channels,
                                                 const int8_t *tensor)
{
    const struct tg_dsp_rows rows = {NULL, tensor, w->in_width * channels, w};

    return rows;
}

TG_INLINE struct tg_dsp_rows tg_dsp_row_pointers(const struct tg_window *w, const int8_t *const *pointers)
{
    const struct tg_dsp_rows rows = {pointers, NULL, 0, w};

    return rows;
}

/* Row `index`, counted from the first row that the first output row reads; NULL where it is padding. */
TG_INLINE const int8_t *tg_dsp_row(const struct tg_dsp_rows *rows, int32_t index)
{
    const int32_t y = index - rows->window->pad_top;

    if (rows->pointers != NULL) {
        return rows->pointers[index];
    }
    return y >= 0 && y < rows->window->in_height ? rows->tensor + y * rows->row_bytes : NULL;
}

/* How far the second of two rows is from the first; 0 where that is no int32. */
TG_INLINE int32_t tg_dsp_distance(const int8_t *first, const int8_t *second)
{
    const intptr_t bytes = (intptr_t)second - (intptr_t)first;

    return bytes == (int32_t)bytes ? (int32_t)bytes : 0;
}

#endif
