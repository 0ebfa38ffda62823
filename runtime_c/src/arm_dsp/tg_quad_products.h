/* Sums of products of two windows with the weights of two channels, or of one; all of them int8, read by fours.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_QUAD_PRODUCTS_H
#define TG_QUAD_PRODUCTS_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

/* Pairs of windows along a row; `at`, `sums`, `pairs` and `next_run` are counted on. */
struct tg_quad_task {
    const int8_t *const *runs; /* of the first window, but for `at` */
    int32_t at;
    const int8_t *weights;
    int32_t second; /* from a value of a pair's first window to that of the second */
    const int8_t *const *runs_end;
    int32_t run_quads; /* 1 or more */
    int32_t bias[2];   /* of the channels A and B */
    int32_t *sums;     /* for each pair A, B of the first window, then of the second; B is nothing where there is one;
                        * of four windows one behind the other */
    int32_t pairs;     /* 1 or more */
    int32_t step;      /* from a pair to the next */
    const int8_t *const *next_run;
};

/* The sums of two channels, and of one. */
void tg_quad_products_two_dsp(struct tg_quad_task *task);
void tg_quad_products_one_dsp(struct tg_quad_task *task);

/* The sums of one channel for four windows, `second` bytes apart; `pairs` counts these fours. */
void tg_quad_products_four_dsp(struct tg_quad_task *task);

TG_EXTERN_C_END

#endif
