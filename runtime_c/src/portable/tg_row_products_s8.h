/* The products of tg_row_products.h for int8, in portable C.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_ROW_PRODUCTS_S8_H
#define TG_ROW_PRODUCTS_S8_H

#include "tg_row_products.h"

TG_EXTERN_C_BEGIN

tg_query_s8 tg_row_products_s8_query;
tg_products_s8 tg_row_products_s8;

TG_EXTERN_C_END

#endif
