/* Upsampling by repetition. See tg_upsampling2d.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_copy_words.h"
#include "tg_upsampling2d.h"

/* Writes every pixel of a row factor_width times. */
static void repeat_pixels(const struct tg_upsampling2d *layer, const int8_t *in, int8_t *out)
{
    const int32_t channels = layer->channels;
    const int32_t times = layer->factor_width;
    const int32_t step = layer->out_step;

    for (int32_t width = layer->in_width; width > 0; width--) {
        for (int32_t left = times; left > 0; left--) {
            for (int32_t c = 0; c < channels; c++) {
                out[c] = in[c];
            }
            out += step;
        }
        in += channels;
    }
}

/* The same where pixels are words. */
static void repeat_words(const struct tg_upsampling2d *layer, const int8_t *in, int8_t *out)
{
    const int32_t channels = layer->channels;
    const int32_t times = layer->factor_width;
    const int32_t step = layer->out_step;

    for (int32_t width = layer->in_width; width > 0; width--) {
        for (int32_t left = times; left > 0; left--) {
            tg_copy_words(out, in, channels);
            out += step;
        }
        in += channels;
    }
}

/* One output row: from the one above it, which is the same, where its pixels lie side by side. */
static void write_row(const struct tg_upsampling2d *layer, const int8_t *in, const int8_t *above, int8_t *out,
                      int are_words)
{
    const int32_t size = layer->in_width * layer->factor_width * layer->channels;

    if (above && are_words) {
        tg_copy_words(out, above, size);
    } else if (above) {
        memcpy(out, above, (size_t)size);
    } else if (are_words) {
        repeat_words(layer, in, out);
    } else {
        repeat_pixels(layer, in, out);
    }
}

TG_KERNEL void tg_upsampling2d_s8(const struct tg_upsampling2d *layer, const int8_t *in, int8_t *out)
{
    const int32_t step = layer->out_step;
    const int32_t out_row = layer->in_width * layer->factor_width * step;
    const uintptr_t all = (uintptr_t)in | (uintptr_t)out | (uintptr_t)layer->channels | (uintptr_t)step;
    const int are_words = all % TG_WORD_BYTES == 0;

    for (int32_t left = layer->in_rows; left > 0; left--) {
        const int8_t *above = NULL;

        for (int32_t copies = layer->factor_height; copies > 0; copies--) {
            write_row(layer, in, above, out, are_words);
            above = step == layer->channels ? out : NULL;
            out += out_row;
        }
        in += layer->in_width * layer->channels;
    }
}
