/* The products of tg_row_products.h for int16, in portable C.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_ROW_PRODUCTS_S16_H
#define TG_ROW_PRODUCTS_S16_H

#include "tg_row_products.h"

TG_EXTERN_C_BEGIN

tg_query_s16 tg_row_products_s16_query;
tg_products_s16 tg_row_products_s16;

TG_EXTERN_C_END

#endif
