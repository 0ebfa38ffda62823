/* A row of a fully connected layer on RISC-V cores with 31 registers and a multiplier. See tg_swar_dense.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SWAR_DENSE_RV32_H
#define TG_SWAR_DENSE_RV32_H

#include "tg_swar_dense.h"

TG_EXTERN_C_BEGIN

void tg_swar_dense_rv32(const struct tg_swar_dense *dense);

TG_EXTERN_C_END

#endif
