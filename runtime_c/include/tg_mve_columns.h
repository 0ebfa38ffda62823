/* Columns of windows, one after the other, for Helium: how convolutions feed tg_dense_two_mve.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MVE_COLUMNS_H
#define TG_MVE_COLUMNS_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

/* Which bytes of a row belong to a column. */
struct tg_mve_layout {
    int32_t height; /* rows */
    int32_t cell;   /* bytes of a row in a column */
    int32_t step;   /* bytes from one column to the next in a row */
};

/* to[(c * height + y) * cell + i] = rows[y][offset + c * step + i] for c in [0, count). Up to 15 bytes
 * behind the last may be overwritten as well. */
void tg_mve_columns(const struct tg_mve_layout *columns, const int8_t *const *rows, int32_t offset,
                    int32_t count, int8_t *to);

TG_EXTERN_C_END

#endif
