/* Four outputs of a fully connected layer from one word of weights, for cores without SIMD instructions.
 *
 * The bytes of a word Z are the weights of the outputs 0, 2, 1, 3 for one input, each 128 higher. With the sums of
 * tg_swar.h, modulo 2^32, over the inputs a of a block,
 *
 *   Q = sum ((Z >> 8) & 0x00ff00ff) * a      outputs 2 and 3 in its halves
 *   P = sum Z * a                            P - (Q << 8) has the outputs 0 and 1
 *
 * What is too much because of the 128, and 2^15 for rounding, is in the first value of Q:
 * 2^15 - 0x00800080 * sum a; that of P is 0x101 times as much.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SWAR_DENSE_H
#define TG_SWAR_DENSE_H

#include "tg_common.h"
#include "tg_swar.h"

#define TG_SWAR_OUTPUTS 4
#define TG_SWAR_MAX_WORDS 2 /* that are multiplied side by side */
#define TG_SWAR_EVEN_BYTES 0x00ff00ffu
#define TG_SWAR_EXCESS 0x00800080u

/* All outputs for one row of inputs. Assembly knows the offsets of the fields. */
struct tg_swar_dense {
    const int8_t *inputs;   /* [blocks][block], in the order of the weights */
    const uint32_t *starts; /* [blocks], the first values of Q */
    /* [words of four outputs][blocks][block], 128 in bytes beyond the last output; where a core takes two words side by
     * side [eights][blocks][block][2], and one word for the last outputs if they are four or fewer */
    const int32_t *weights;
    const struct tg_swar_output *output;
    int32_t channel_count;
    int32_t block; /* inputs of a block: 2, 4, 6 .. 16 */
    int32_t blocks;
    int8_t *out;
};

#endif
