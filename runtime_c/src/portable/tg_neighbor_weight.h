/* The weight of a neighbour. Rule R4 of ARITHMETIC.md.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_NEIGHBOR_WEIGHT_H
#define TG_NEIGHBOR_WEIGHT_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

/* floor(2^bits * part / whole), for 0 <= part <= whole and 0 < whole < 2^31, bits up to 30. */
uint32_t tg_neighbor_weight_share(uint32_t part, uint32_t whole, int32_t bits);

/* The weight at a measure, beside that of the least one; `weights` is an enum tg_neighbor_weights. */
int32_t tg_neighbor_weight(int32_t weights, int32_t least, int32_t measure);

TG_EXTERN_C_END

#endif
