/* Sums over lines (tg_depthwise_taps_v6m.h), two outputs in each product.
 *
 *   word = sum over taps of weight * pair[offset / 4]
 *   sums[2 p], sums[2 p + 1] = its lower and its upper half
 *
 * taken apart after every block of three taps, or of two.
 * Overflow: the halves of a block stay within int16 (tinygen/proofs/lanes.py).
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_TAPS_LANES_V6M_H
#define TG_TAPS_LANES_V6M_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_tap_v6m {
    int32_t offset; /* bytes */
    int32_t weight;
};

/* Rows of outputs; one pair or more in each. */
struct tg_taps_pass_v6m {
    const struct tg_tap_v6m *taps;
    const struct tg_tap_v6m *taps_end; /* of whole blocks */
    const int32_t *pair;               /* where the first pair's taps count from */
    int32_t pair_bytes;                /* from a pair to the next */
    int32_t *sums;
    int32_t pairs_bytes; /* of sums that a row writes */
    int32_t unkept;      /* bytes of them that the next row writes over: 4 where a row has an odd number, else 0 */
    int32_t row_advance; /* bytes from behind the last pair of a row to the next row's first */
    int32_t *sums_end;   /* of the last row */
};

void tg_taps_lanes_v6m_threes(const struct tg_taps_pass_v6m *pass);
void tg_taps_lanes_v6m_twos(const struct tg_taps_pass_v6m *pass);

TG_EXTERN_C_END

#endif
