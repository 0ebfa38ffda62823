/* A pass over two pairs of pixels on RISC-V cores with 31 registers and a multiplier. See tg_swar.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SWAR_PASS_RV32_H
#define TG_SWAR_PASS_RV32_H

#include "tg_swar.h"

TG_EXTERN_C_BEGIN

void tg_swar_pass_rv32(const struct tg_swar_pass *pass);

TG_EXTERN_C_END

#endif
