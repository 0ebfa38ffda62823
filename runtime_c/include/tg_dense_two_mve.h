/* Pairs of vectors times a weight matrix, for Helium. Formulas and layouts: tg_mve.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DENSE_TWO_MVE_H
#define TG_DENSE_TWO_MVE_H

#include "tg_mve.h"

TG_EXTERN_C_BEGIN

/* out[p * out_step + c] for p in [0, 2 * pairs), from the vectors x + p * x_step, each of which can be read up to its
 * last step of 16. sums: 8 * tiles words. */
void tg_dense_two_mve(const struct tg_mve_dense *dense, const int8_t *x, int32_t x_step, int8_t *out,
                      int32_t pairs, int32_t *sums);

TG_EXTERN_C_END

#endif
