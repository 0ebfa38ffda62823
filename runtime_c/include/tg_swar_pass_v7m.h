/* A pass over one pair of pixels on cores with Thumb-2, without the DSP extension. See tg_swar.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SWAR_PASS_V7M_H
#define TG_SWAR_PASS_V7M_H

#include "tg_swar.h"

TG_EXTERN_C_BEGIN

void tg_swar_pass_v7m(const struct tg_swar_pass *pass);

TG_EXTERN_C_END

#endif
