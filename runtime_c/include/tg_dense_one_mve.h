/* A vector times a weight matrix, for Helium. Formulas and layouts: tg_mve.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DENSE_ONE_MVE_H
#define TG_DENSE_ONE_MVE_H

#include "tg_mve.h"

TG_EXTERN_C_BEGIN

/* out[c] from the vector x, which can be read up to its last step of 16. sums: 4 * tiles words, for an
 * odd number of tiles 4 more. */
void tg_dense_one_mve(const struct tg_mve_dense *dense, const int8_t *x, int8_t *out, int32_t *sums);

TG_EXTERN_C_END

#endif
