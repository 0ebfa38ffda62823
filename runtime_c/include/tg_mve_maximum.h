/* The cells of windows, and their maxima, for Helium.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MVE_MAXIMUM_H
#define TG_MVE_MAXIMUM_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

/* The parts of windows that lie inside of the image, equal ones of neighbouring pixels, and what makes a mean of a sum.
 * Assembly knows the offsets. */
struct tg_mve_cells {
    const int8_t *const *rows;
    int32_t row_count;
    int32_t offset; /* of the first cell in a row, in bytes */
    int32_t columns;
    int32_t step; /* bytes from cell to cell */
    int32_t channels;
    int8_t *out;
    int32_t pixels;     /* at least 1 */
    int32_t pixel_step; /* bytes from window to window */
    int32_t half;       /* of the number of cells */
    int32_t multiplier;
    int32_t minus_shift;
};

/* out[p * channels + c] = the maximum over the cells of channel c in window p. */
void tg_mve_maximum(const struct tg_mve_cells *cells);

TG_EXTERN_C_END

#endif
