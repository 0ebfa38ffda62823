/* The cells of a window, and their maximum, for Helium.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MVE_MAXIMUM_H
#define TG_MVE_MAXIMUM_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

/* The part of a window that lies inside of the image, and what makes a mean of a sum. Assembly knows the offsets. */
struct tg_mve_cells {
    const int8_t *const *rows;
    int32_t row_count;
    int32_t offset; /* of the first cell in a row, in bytes */
    int32_t columns;
    int32_t step; /* bytes from cell to cell */
    int32_t channels;
    int8_t *out;
    int32_t half; /* of the number of cells */
    int32_t multiplier;
    int32_t minus_shift;
};

/* out[c] = the maximum over the cells of channel c. */
void tg_mve_maximum(const struct tg_mve_cells *cells);

TG_EXTERN_C_END

#endif
