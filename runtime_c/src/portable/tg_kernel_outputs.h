/* From sums of groups to outputs, as tg_kernel_sums.h defines them.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_KERNEL_OUTPUTS_H
#define TG_KERNEL_OUTPUTS_H

#include "tg_kernel_sums.h"

TG_EXTERN_C_BEGIN

/* The sums of a single group may lie in `out`. */
void tg_kernel_outputs(const struct tg_kernel_sums *layer, const int32_t *sums, int32_t *out);

TG_EXTERN_C_END

#endif
