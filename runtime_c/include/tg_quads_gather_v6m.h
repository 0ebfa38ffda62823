/* Takes inputs apart into words for tg_quads_multiply_v6m, every block after what it begins with.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_QUADS_GATHER_V6M_H
#define TG_QUADS_GATHER_V6M_H

#include "tg_common.h"
#include "tg_quads_multiply_v6m.h"

TG_EXTERN_C_BEGIN

/* x[block * (size + 1)] = 0x8000 - 0x00800080 * (sum of the block's inputs), modulo 2^32; behind it its inputs
 * cells[offsets[block * size + i]]. There is one block at least. Returns the end of x. */
int32_t *tg_quads_gather_v6m(const struct tg_quads_v6m *quads, const int8_t *cells, int32_t *x);

TG_EXTERN_C_END

#endif
