/* The measure of a row and a stored one, int32: rule R2.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_ROW_MEASURE_S32_H
#define TG_ROW_MEASURE_S32_H

#include "tg_row_measures.h"

TG_INLINE int32_t tg_row_measure_s32(const int32_t *in, const int32_t *row, int32_t depth, int32_t measure)
{
    int64_t sum = 0;

    for (int32_t k = 0; k < depth; k++) {
        const int32_t value = in[k];
        const int32_t gap = value > row[k] ? value - row[k] : row[k] - value;

        if (measure == TG_MEASURE_CHEBYSHEV) {
            sum = gap > sum ? gap : sum;
        } else {
            sum += measure == TG_MEASURE_SQUARED ? (int64_t)gap * gap : gap;
        }
    }
    return (int32_t)(measure == TG_MEASURE_SQUARED ? sum >> 30 : sum);
}

#endif
