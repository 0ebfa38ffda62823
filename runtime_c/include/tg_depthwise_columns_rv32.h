/* Depthwise windows on RISC-V cores with 31 registers and a multiplier. See tg_depthwise_columns.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_COLUMNS_RV32_H
#define TG_DEPTHWISE_COLUMNS_RV32_H

#include "tg_depthwise_columns.h"

TG_EXTERN_C_BEGIN

void tg_depthwise_columns_rv32(const struct tg_depthwise_columns *columns);

TG_EXTERN_C_END

#endif
