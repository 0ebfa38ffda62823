/* See tg_coupled_shares.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_coupled_shares.h"

#define TG_BITS 26
#define TG_PAIR 32768
#define TG_LEAST 8
#define TG_ROUNDS 100

/* -r[i][j] * r[j][i], and on the diagonal the sums of r[j][i]^2. */
static void form_of(int32_t classes, const int16_t *in, int32_t *form)
{
    for (int32_t i = 0; i < classes; i++) {
        form[i * classes + i] = 0;
    }
    for (int32_t i = 0; i < classes; i++) {
        for (int32_t j = i + 1; j < classes; j++) {
            const int32_t x = *in++;
            const int32_t r = x < TG_LEAST ? TG_LEAST : x > TG_PAIR - TG_LEAST ? TG_PAIR - TG_LEAST : x;
            const int32_t rest = TG_PAIR - r;

            form[i * classes + j] = -((r * rest) >> 4);
            form[j * classes + i] = form[i * classes + j];
            form[i * classes + i] += (rest * rest) >> 4;
            form[j * classes + j] += (r * r) >> 4;
        }
    }
}

static int64_t product(int32_t classes, const int64_t *a, const int64_t *b)
{
    int64_t sum = 0;

    for (int32_t i = 0; i < classes; i++) {
        sum += a[i] * b[i];
    }
    return sum >> TG_BITS;
}

/* The products of the form and the shares, and whether all are nearly the same. */
static int32_t has_ended(const struct tg_coupled_shares *layer, const int32_t *form, const int64_t *p, int64_t *products)
{
    const int32_t classes = layer->classes;
    int32_t ended = 1;
    int64_t mean;

    for (int32_t i = 0; i < classes; i++, form += classes) {
        int64_t sum = 0;

        for (int32_t j = 0; j < classes; j++) {
            sum += form[j] * p[j];
        }
        products[i] = sum >> TG_BITS;
    }
    mean = product(classes, p, products);
    for (int32_t i = 0; i < classes; i++) {
        const int64_t error = products[i] > mean ? products[i] - mean : mean - products[i];

        ended = error < layer->tolerance ? ended : 0;
    }
    return ended;
}

/* The share of class t that is best beside the others, and all divided by their sum. */
static void improve(int32_t classes, int32_t t, const int32_t *row, int64_t *p, int64_t *products)
{
    const int64_t missing = product(classes, p, products) - products[t];
    const int64_t own = row[t];
    const int64_t total = own + missing < 1 ? 1 : own + missing;

    for (int32_t j = 0; j < classes; j++) {
        products[j] = (products[j] * own + missing * row[j]) / total;
        p[j] = (p[j] * own + (j == t ? missing * ((int64_t)1 << TG_BITS) : 0)) / total;
    }
    p[t] = p[t] < 0 ? 0 : p[t];
}

TG_KERNEL void tg_coupled_shares_s16(const struct tg_coupled_shares *layer, const int16_t *in, int16_t *out, void *scratch)
{
    const int32_t classes = layer->classes;
    int64_t *const p = (int64_t *)scratch;
    int64_t *const products = p + classes;
    int32_t *const form = (int32_t *)(void *)(products + classes);

    form_of(classes, in, form);
    for (int32_t i = 0; i < classes; i++) {
        p[i] = ((int64_t)1 << TG_BITS) / classes;
    }
    for (int32_t round = 0; round < TG_ROUNDS && has_ended(layer, form, p, products) == 0; round++) {
        for (int32_t t = 0; t < classes; t++) {
            improve(classes, t, form + t * classes, p, products);
        }
    }
    for (int32_t i = 0; i < classes; i++) {
        const int64_t share = (p[i] + (1 << (TG_BITS - 16))) >> (TG_BITS - 15);

        out[i] = (int16_t)(share > 32767 ? 32767 : share);
    }
}
