/* Sliding depthwise windows on RISC-V cores with 31 registers and a multiplier. See tg_depthwise_sliding.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_SLIDING_RV32_H
#define TG_DEPTHWISE_SLIDING_RV32_H

#include "tg_depthwise_sliding.h"

TG_EXTERN_C_BEGIN

void tg_depthwise_sliding_rv32(const struct tg_depthwise_sliding *windows);

TG_EXTERN_C_END

#endif
