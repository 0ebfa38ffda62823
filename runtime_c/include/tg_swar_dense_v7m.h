/* A row of a fully connected layer on cores with Thumb-2, without the DSP extension. See tg_swar_dense.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SWAR_DENSE_V7M_H
#define TG_SWAR_DENSE_V7M_H

#include "tg_swar_dense.h"

TG_EXTERN_C_BEGIN

void tg_swar_dense_v7m(const struct tg_swar_dense *dense);

TG_EXTERN_C_END

#endif
