/* Roots of measures: rule R11.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MEASURED_ROOT_H
#define TG_MEASURED_ROOT_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

/* floor(2^8 * sqrt(square)), of squares below 2^31 */
int32_t tg_measured_root(int32_t square);

TG_EXTERN_C_END

#endif
