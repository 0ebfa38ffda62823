/* The products of tg_row_products.h for int8, with SMLAD.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_ROW_PRODUCTS_S8_DSP_H
#define TG_ROW_PRODUCTS_S8_DSP_H

#include "tg_row_products.h"

TG_EXTERN_C_BEGIN

tg_query_s8 tg_row_query_s8_dsp;
tg_products_s8 tg_row_products_s8_dsp;

TG_EXTERN_C_END

#endif
