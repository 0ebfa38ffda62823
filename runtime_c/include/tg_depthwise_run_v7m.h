/* See tg_depthwise_run.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_RUN_V7M_H
#define TG_DEPTHWISE_RUN_V7M_H

#include "tg_depthwise_run.h"

TG_EXTERN_C_BEGIN

void tg_depthwise_run_v7m(const struct tg_depthwise_run *run);

TG_EXTERN_C_END

#endif
