/* Walks through packed trees, one for each type of the features. See tg_tree_sums.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_TREE_WALK_H
#define TG_TREE_WALK_H

#include "tg_float_order.h"
#include "tg_tree_sums.h"

/* A step from a node's reference: where to go on, or NULL and the leaf. */
TG_INLINE const uint16_t *tg_tree_step(const uint16_t *reference, int goes_right, uint32_t *leaf)
{
    const uint32_t bits = *reference++;

    if (goes_right) {
        if ((bits & TG_TREE_RIGHT_IS_LEAF) == 0u) {
            return reference + (bits & TG_TREE_REFERENCE);
        }
        *leaf = bits & TG_TREE_REFERENCE;
        return NULL;
    }
    if ((bits & TG_TREE_LEFT_IS_LEAF) == 0u) {
        return reference;
    }
    *leaf = *reference;
    return NULL;
}

TG_INLINE uint32_t tg_tree_leaf_s8(const uint16_t *node, const int8_t *in)
{
    uint32_t leaf = 0;

    while (node != NULL) {
        const uint32_t comparison = *node;
        const uint32_t high = comparison >> 8;
        const int32_t threshold = (int32_t)(high ^ 128u) - 128;

        node = tg_tree_step(node + 1, in[comparison & 255u] > threshold, &leaf);
    }
    return leaf;
}

TG_INLINE uint32_t tg_tree_leaf_s16(const uint16_t *node, const int16_t *in)
{
    uint32_t leaf = 0;

    while (node != NULL) {
        const int32_t threshold = (int32_t)(node[1] ^ 0x8000u) - 0x8000;

        node = tg_tree_step(node + 2, in[node[0]] > threshold, &leaf);
    }
    return leaf;
}

TG_INLINE uint32_t tg_tree_leaf_f32(const uint16_t *node, const float *in)
{
    uint32_t leaf = 0;

    while (node != NULL) {
        const int32_t threshold = (int32_t)(node[1] | (uint32_t)node[2] << 16);

        node = tg_tree_step(node + 3, tg_float_order(in + node[0]) > threshold, &leaf);
    }
    return leaf;
}

/* The leaf that a reference of a _shared forest names on one side, which has its flag. */
TG_INLINE uint32_t tg_tree_shared_leaf(uint32_t reference, int goes_right)
{
    const uint32_t both = TG_TREE_LEFT_IS_LEAF | TG_TREE_RIGHT_IS_LEAF;

    if ((reference & both) != both) {
        return reference & TG_TREE_REFERENCE;
    }
    return (goes_right ? reference : reference >> 7) & TG_TREE_LEAF_OF_TWO;
}

TG_INLINE uint32_t tg_tree_leaf_shared_f32(const uint16_t *node, const int32_t *thresholds, int32_t feature_bits,
                                           const float *in)
{
    const uint32_t mask = (1u << feature_bits) - 1u;

    for (;;) {
        const uint32_t comparison = node[0];
        const uint32_t reference = node[1];
        const int goes_right = tg_float_order(in + (comparison & mask)) > thresholds[comparison >> feature_bits];

        if ((reference & (goes_right ? TG_TREE_RIGHT_IS_LEAF : TG_TREE_LEFT_IS_LEAF)) != 0u) {
            return tg_tree_shared_leaf(reference, goes_right);
        }
        node += 2;
        if (goes_right && (reference & TG_TREE_LEFT_IS_LEAF) == 0u) {
            node += reference;
        }
    }
}

TG_INLINE void tg_tree_start(const int32_t *bias, int32_t outputs, int32_t *out)
{
    for (int32_t c = 0; c < outputs; c++) {
        out[c] = bias[c];
    }
}

/* Adds the entries of a leaf. */
TG_INLINE void tg_tree_add_entries(const uint16_t *entry, int32_t output_bits, int32_t *out)
{
    const uint32_t mask = (1u << output_bits) - 1u;
    uint32_t bits;

    do {
        bits = *entry++;
        out[(bits >> 1) & mask] += (int32_t)(bits >> (output_bits + 1));
    } while ((bits & 1u) == 0u);
}

#endif
