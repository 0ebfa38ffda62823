/* From sums to int8 with products of 32 bits. tinygen/proofs/narrow_products.py proves it for every channel.
 *
 *   t = sum - cut
 *   v = floor(t * multiplier / 2^16) + offset;   v += (v < 0 ? sign : 0) + zero, if there are sign terms
 *   out = out_min where t < 0, out_min + out_range where t >= limit, else out_min + min(v >> shift, out_range)
 *
 * Layout: for each channel a record of int32: multiplier >> 16, multiplier & 0xffff, offset, cut[, sign].
 * Overflow: t fits in int32 for every sum that the layer can have, v in uint32 (int32, if there are sign terms) where
 * it is used; what v is made from counts modulo 2^32.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_REQUANTIZE_NARROW_S8_V6M_H
#define TG_REQUANTIZE_NARROW_S8_V6M_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_narrow_v6m {
    const int32_t *records;
    int32_t record_words; /* 4, or 5 with sign terms */
    int32_t zero;
    int32_t limit;
    int32_t shift;
    int32_t out_range;
    int32_t out_min;
};

/* out[0 .. end - out) from sums[0 ..); records are those of the same channels. There is one output at least. */
void tg_requantize_narrow_s8_v6m(const struct tg_narrow_v6m *narrow, const int32_t *records,
                                 const int32_t *sums, int8_t *out, int8_t *end);

TG_EXTERN_C_END

#endif
