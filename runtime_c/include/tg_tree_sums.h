/* Sums of the leaves of decision trees. Rules T1 and T2 of ARITHMETIC.md.
 *
 *   out[c] = bias[c] + sum over trees of leaf[c]; a walk goes left where in[feature] <= threshold
 *
 * tg_tree_sums takes every forest: `type` says what `in` holds. Inner node n compares in[features[n]] with
 * thresholds[n]; children[2n] is its left child, children[2n + 1] its right one; r >= 0 is an inner node, r < 0 the
 * leaf ~r; leaves: [leaf][outputs].
 *
 * The others read trees packed into 16-bit units, one tree after the other, `sizes` units each, parents before
 * children. A node is its comparison and a reference, then its left child:
 *   s8:  feature | threshold << 8      s16: feature, threshold      f32: feature, low and high half of the threshold
 *   reference: LEFT_IS_LEAF | RIGHT_IS_LEAF | low bits: the leaf if the right child is one, else how many units behind
 *   the reference the right child starts
 * The left child is a node, or one unit: the leaf.
 * _rows: a leaf is a position in `entries`, where its entries start: value << (output_bits + 1) | output << 1 | last.
 * _values: a leaf is an index into `values`; all leaves of tree t add to output targets[t].
 *
 * The _shared kernels are for forests that have many leaves beside each other and many thresholds in common: a node is
 * feature | index of the threshold << feature_bits, and a reference. With one leaf this has the leaf's flag and the leaf,
 * and the other child is next; with two it has both flags and left leaf << 7 | right leaf; else it says how many units
 * behind the reference the right child starts, and the left one is next.
 *
 * Float32 numbers are compared by their bits: no floating-point unit is used (rule T1).
 * Overflow: the generator has proved that no partial sum leaves int32.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_TREE_SUMS_H
#define TG_TREE_SUMS_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

enum tg_feature_type { TG_FEATURE_S8, TG_FEATURE_S16, TG_FEATURE_S32, TG_FEATURE_F32 };

enum {
    TG_TREE_LEFT_IS_LEAF = 0x8000,
    TG_TREE_RIGHT_IS_LEAF = 0x4000,
    TG_TREE_REFERENCE = 0x3FFF,
    TG_TREE_LEAF_OF_TWO = 0x7F
};

struct tg_tree_table {
    int32_t trees;
    int32_t outputs;
    int32_t type; /* enum tg_feature_type */
    const int32_t *features;
    const int32_t *thresholds;
    const int32_t *children;
    const int32_t *roots;
    const int32_t *leaves;
    const int32_t *bias;
};

struct tg_tree_rows {
    int32_t trees;
    int32_t outputs;
    int32_t output_bits;
    const uint16_t *sizes;
    const uint16_t *nodes;
    const uint16_t *entries;
    const int32_t *bias;
};

struct tg_tree_values {
    int32_t trees;
    int32_t outputs;
    const uint16_t *sizes;
    const uint16_t *nodes;
    const int16_t *values;
    const uint8_t *targets;
    const int32_t *bias;
};

struct tg_tree_shared_rows {
    int32_t trees;
    int32_t outputs;
    int32_t output_bits;
    int32_t feature_bits;
    const uint16_t *sizes;
    const uint16_t *nodes;
    const int32_t *thresholds;
    const uint16_t *entries;
    const int32_t *bias;
};

struct tg_tree_shared_values {
    int32_t trees;
    int32_t outputs;
    int32_t feature_bits;
    const uint16_t *sizes;
    const uint16_t *nodes;
    const int32_t *thresholds;
    const int16_t *values;
    const uint8_t *targets;
    const int32_t *bias;
};

void tg_tree_sums(const struct tg_tree_table *layer, const void *in, int32_t *out);

void tg_tree_rows_s8(const struct tg_tree_rows *layer, const int8_t *in, int32_t *out);
void tg_tree_rows_s16(const struct tg_tree_rows *layer, const int16_t *in, int32_t *out);
void tg_tree_rows_f32(const struct tg_tree_rows *layer, const float *in, int32_t *out);

void tg_tree_values_s8(const struct tg_tree_values *layer, const int8_t *in, int32_t *out);
void tg_tree_values_s16(const struct tg_tree_values *layer, const int16_t *in, int32_t *out);
void tg_tree_values_f32(const struct tg_tree_values *layer, const float *in, int32_t *out);

void tg_tree_shared_rows_f32(const struct tg_tree_shared_rows *layer, const float *in, int32_t *out);
void tg_tree_shared_values_f32(const struct tg_tree_shared_values *layer, const float *in, int32_t *out);

TG_EXTERN_C_END

#endif
