/* Functions of features by a table for each, and straight lines between its entries. Rule U2 of ARITHMETIC.md.
 *
 *   p = clamp(in[sources[k]] - firsts[k], 0, (segments[k] << shifts[k]) - 1), i = p >> shifts[k],
 *   f = p mod 2^shifts[k], out[k] = t[i] + ((t[i + 1] - t[i]) * f >> shifts[k])
 *
 * Layout: t are segments[k] + 1 entries of column k; those of all columns stand one behind the other.
 * Overflow: |t[i + 1] - t[i]| < 2^16 and f < 2^14; |firsts[k]| and segments[k] << shifts[k] are at most 2^30.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_COLUMN_TABLES_H
#define TG_COLUMN_TABLES_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_column_tables {
    int32_t count;
    const int16_t *sources;
    const int16_t *shifts;
    const int16_t *segments;
    const int32_t *firsts;
    const int16_t *entries;
};

void tg_column_tables_s8(const struct tg_column_tables *layer, const int8_t *in, int16_t *out);
void tg_column_tables_s16(const struct tg_column_tables *layer, const int16_t *in, int16_t *out);

/* What a table has at a place, counted from its first entry. */
TG_INLINE int16_t tg_column_table(const int16_t *table, int32_t segments, int32_t shift, int32_t place)
{
    const int32_t last = (int32_t)((uint32_t)segments << shift) - 1;
    const int32_t p = place < 0 ? 0 : place > last ? last : place;
    const int16_t *entry = table + (p >> shift);
    const int32_t fraction = p & (int32_t)((1u << shift) - 1u);

    return (int16_t)(entry[0] + (((entry[1] - entry[0]) * fraction) >> shift));
}

TG_EXTERN_C_END

#endif
