/* Functions of distances, as tg_wide_kernel_sums.h defines them.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DISTANCE_KERNEL_H
#define TG_DISTANCE_KERNEL_H

#include "tg_wide_kernel_sums.h"

TG_EXTERN_C_BEGIN

int32_t tg_distance_kernel(const struct tg_wide_kernel_sums *layer, int64_t measure);

TG_EXTERN_C_END

#endif
