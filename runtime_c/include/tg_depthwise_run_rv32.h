/* See tg_depthwise_run.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_RUN_RV32_H
#define TG_DEPTHWISE_RUN_RV32_H

#include "tg_depthwise_run.h"

TG_EXTERN_C_BEGIN

void tg_depthwise_run_rv32(const struct tg_depthwise_run *run);

TG_EXTERN_C_END

#endif
