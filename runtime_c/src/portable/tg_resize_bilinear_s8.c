/* Bilinear resizing. See tg_resize_bilinear.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_resize_bilinear.h"

enum { FRACTION_BITS = 10, ONE = 1 << FRACTION_BITS, HALF = 1 << (2 * FRACTION_BITS - 1) };

/* The two cells beside a position, and the weight of the second. */
struct place {
    int32_t lower;
    int32_t upper;
    int32_t weight;
};

static struct place place_of(int32_t position, int32_t length)
{
    const int32_t above = position > -ONE ? (position + ONE - 1) >> FRACTION_BITS : 0;
    struct place p;

    p.lower = position > 0 ? position >> FRACTION_BITS : 0;
    p.upper = above < length ? above : length - 1;
    p.weight = position - ONE * p.lower;
    return p;
}

/* One output row from the two input rows beside it. */
static void resize_row(const struct tg_resize_bilinear *layer, const int8_t *lower, const int8_t *upper,
                       int32_t weight, int8_t *out)
{
    const int32_t channels = layer->channels;
    int32_t position = layer->column_start;

    for (int32_t left = layer->out_width; left > 0; left--) {
        const struct place p = place_of(position, layer->in_width);
        const int8_t *a = lower + p.lower * channels;
        const int8_t *b = lower + p.upper * channels;
        const int8_t *c = upper + p.lower * channels;
        const int8_t *d = upper + p.upper * channels;
        const int32_t of_d = weight * p.weight;
        const int32_t of_c = weight * ONE - of_d;
        const int32_t of_b = p.weight * ONE - of_d;
        const int32_t of_a = (ONE - weight) * ONE - of_b;

        for (int32_t i = channels; i > 0; i--) {
            const int32_t sum = *a++ * of_a + *b++ * of_b + *c++ * of_c + *d++ * of_d;

            /* one less for negative sums: ties go down */
            *out++ = (int8_t)((sum + HALF + (sum >> 31)) >> (2 * FRACTION_BITS));
        }
        position += layer->column_step;
    }
}

TG_KERNEL void tg_resize_bilinear_s8(const struct tg_resize_bilinear *layer, const int8_t *in, int8_t *out)
{
    const int32_t in_row = layer->in_width * layer->channels;
    int32_t position = layer->row_start;

    for (int32_t left = layer->out_height; left > 0; left--) {
        const struct place p = place_of(position, layer->in_height);

        resize_row(layer, in + p.lower * in_row, in + p.upper * in_row, p.weight, out);
        out += layer->out_width * layer->channels;
        position += layer->row_step;
    }
}
