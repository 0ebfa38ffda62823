/* See tg_few_windows.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_few_windows.h"
#include "tg_dsp_scale_finish.h"
#include "tg_few_pairs_core.h"

TG_KERNEL void tg_few_windows(const struct tg_few_windows_dsp *layer, const int8_t *in, int8_t *out, int32_t pairs,
                              int32_t step, int32_t channels);

#if TG_ASSEMBLY

/* All fours of two windows, two in a turn; an odd number begins with the second of a turn. `step` is the second
 * window. */
#define FOURS(unit) \
    "ldr x, " AT_LAYER "\n" \
    "ldr step, " AT_STEP "\n" \
    "ldr left, " DEPTH "\n" \
    "ldr x, " AT_IN "\n" \
    "add step, step, x\n" \
    "lsrs left, left, #1\n" \
    "bcc 1f\n" \
    "add left, left, #1\n" \
    "b 2f\n" \
    ".balign 4\n" \
    "1: " unit "\n2: " unit "\n" \
    "subs left, left, #1\n" \
    "bne 1b\n"

/* The place comes in p_odd. */
#define LOAD \
    "ldr p_odd, [w, #4]\n" \
    "ldr w1, [w, #8]\n" \
    "ldr w0, [w], #12\n" \
    "ldr q_odd, [step, p_odd]\n" \
    "ldr p_odd, [x, p_odd]\n"

/* For four inputs of two windows 22 cycles for two channels, 16 for one. About 60 for a block of two channels, 45 of
 * one, 20 for a pair. */
TG_KERNEL TG_NAKED void tg_few_windows(const struct tg_few_windows_dsp *layer ARGUMENT, const int8_t *in ARGUMENT,
                                       int8_t *out ARGUMENT, int32_t pairs ARGUMENT, int32_t step ARGUMENT,
                                       int32_t channels ARGUMENT)
{
    TG_FEW_PAIRS(LOAD, FOURS("few_quad_of_two"), FOURS("few_quad_of_one"));
}

#else

/* Sums of the products with a channel alone, or with A and A + 256 * B. */
static const int32_t *add_fours(const struct tg_few_windows_dsp *layer, const int8_t *in, const int32_t *w,
                                int32_t *sums, int32_t count)
{
    for (int32_t i = 0; i < layer->fours; i++) {
        const uint32_t x = tg_load_quad(in + w[1]);
        const uint32_t even = tg_sxtb16(x);
        const uint32_t odd = tg_sxtb16_ror8(x);
        const uint32_t w0 = (uint32_t)w[0];
        const uint32_t w1 = (uint32_t)w[2];

        if (count == 1) {
            sums[0] = tg_smlad(odd, w1, tg_smlad(even, w0, sums[0]));
        } else {
            sums[0] = tg_smlad(odd, tg_sxtb16(w1), tg_smlad(even, tg_sxtb16(w0), sums[0]));
            sums[1] = tg_smlad(odd, w1, tg_smlad(even, w0, sums[1]));
        }
        w += 3;
    }
    return w;
}

static void compute_window(const struct tg_few_windows_dsp *layer, const int8_t *in, int8_t *out)
{
    const int32_t channels = 2 * layer->twos + layer->ones;
    const int32_t *w = layer->weights;
    const int32_t *words = layer->words;
    int32_t count;

    for (int32_t done = 0; done < channels; done += count) {
        int32_t sums[2] = {words[0], 0};

        count = done < 2 * layer->twos ? 2 : 1;
        sums[1] = count == 2 ? words[1] : 0;
        words += count;
        w = add_fours(layer, in, w, sums, count);
        sums[1] = tg_dsp_high(sums[1], sums[0]);
        for (int32_t i = 0; i < count; i++) {
            out[done + i] = tg_dsp_scaled(sums[i], words, layer->form);
            words += tg_dsp_channel_words(layer->form);
        }
    }
}

TG_KERNEL void tg_few_windows(const struct tg_few_windows_dsp *layer, const int8_t *in, int8_t *out, int32_t pairs,
                              int32_t step, int32_t channels)
{
    for (int32_t i = 0; i < 2 * pairs; i++) {
        compute_window(layer, in + i * step, out + i * channels);
    }
}

#endif
