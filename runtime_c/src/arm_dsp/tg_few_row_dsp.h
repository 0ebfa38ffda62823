/* A row of tg_fully_connected_few_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_FEW_ROW_DSP_H
#define TG_FEW_ROW_DSP_H

#include "tg_fully_connected_few_dsp.h"

TG_EXTERN_C_BEGIN

/* Of a layer whose form is no rule and which runs four channels together; without the clamps. */
void tg_few_row_dsp(const struct tg_fully_connected_few_dsp *layer, const int8_t *in, int8_t *out);

/* Of any layer, in C, with the clamps. */
void tg_few_row_by_rule_dsp(const struct tg_fully_connected_few_dsp *layer, const int8_t *in, int8_t *out);

TG_EXTERN_C_END

#endif
