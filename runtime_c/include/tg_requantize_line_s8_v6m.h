/* The sums of many outputs of one channel to int8. Formulas and overflow: tg_requantize_narrow_s8_v6m.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_REQUANTIZE_LINE_S8_V6M_H
#define TG_REQUANTIZE_LINE_S8_V6M_H

#include "tg_common.h"
#include "tg_requantize_narrow_s8_v6m.h"

TG_EXTERN_C_BEGIN

struct tg_narrow_line_v6m {
    const int32_t *sums;
    const int32_t *sums_end; /* at least one output */
    int8_t *out;
    int32_t out_step;
};

/* out[i * out_step] from sums[i], by one record. */
void tg_requantize_line_s8_v6m(const struct tg_narrow_v6m *narrow, const int32_t *record,
                               const struct tg_narrow_line_v6m *line);

TG_EXTERN_C_END

#endif
