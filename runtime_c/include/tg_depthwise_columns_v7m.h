/* Depthwise windows on cores with Thumb-2, without the DSP extension. See tg_depthwise_columns.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_COLUMNS_V7M_H
#define TG_DEPTHWISE_COLUMNS_V7M_H

#include "tg_depthwise_columns.h"

TG_EXTERN_C_BEGIN

void tg_depthwise_columns_v7m(const struct tg_depthwise_columns *columns);

TG_EXTERN_C_END

#endif
