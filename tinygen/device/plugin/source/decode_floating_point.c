/* SPDX-License-Identifier: MIT-0
 *
 * Floating point instructions of the FPv4-SP extension, by section A6 of the Armv7-M Architecture
 * Reference Manual (DDI 0403). Other coprocessors count as one-cycle instructions. */
#include "instruction.h"

enum { PC = 15 };

static uint32_t fp_bit(bool is_double, uint32_t four_bits, uint32_t one_bit)
{
    const uint32_t number = four_bits << 1 | (is_double ? 0u : one_bit);
    return 1u << (number & 31u);
}

static void load_store_fp(struct instruction *out, uint32_t first, uint32_t second)
{
    const bool load = bits(first, 4, 4) == 1;
    const bool is_double = bits(second, 8, 8) == 1;
    const uint32_t base = bits(first, 3, 0);
    const bool writeback = bits(first, 5, 5) == 1;
    const uint32_t data = fp_bit(is_double, bits(second, 15, 12), bits(first, 6, 6));
    if ((first & 0xFFE0u) == 0xEC40u) {
        out->kind = KIND_FP_MOVE_PAIR;
        return;
    }
    if (bits(first, 8, 8) == 1 && !writeback) { /* VLDR, VSTR */
        out->kind = load ? KIND_FP_LOAD : KIND_FP_STORE;
        out->transfers = is_double ? 2 : 1;
        out->address_from = base == PC ? 0 : register_bit(base);
        out->fp_written = load ? data : 0;
        out->fp_read = load ? 0 : data;
        return;
    }
    out->kind = load ? KIND_LOAD_MULTIPLE : KIND_STORE_MULTIPLE;
    out->transfers = (uint8_t)bits(second, 7, 0);
    out->address_from = register_bit(base);
    out->written = writeback ? register_bit(base) : 0;
}

static void fp_data_processing(struct instruction *out, uint32_t first, uint32_t second)
{
    const bool is_double = bits(second, 8, 8) == 1;
    const uint32_t left = fp_bit(is_double, bits(first, 3, 0), bits(second, 7, 7));
    const uint32_t right = fp_bit(is_double, bits(second, 3, 0), bits(second, 5, 5));
    const bool square_root = bits(first, 3, 0) == 1 && bits(second, 7, 6) == 3;
    out->fp_written = fp_bit(is_double, bits(second, 15, 12), bits(first, 6, 6));
    out->fp_read = left | right;
    switch (first & 0xB0u) {
    case 0x20: case 0x30: /* VMUL, VNMUL, VADD, VSUB */
        out->kind = KIND_FP_ADD;
        break;
    case 0x80:
        out->kind = KIND_FP_DIVIDE;
        break;
    case 0xB0: /* VMOV, VABS, VNEG, VCMP, VCVT, VSQRT: one operand */
        out->kind = square_root ? KIND_FP_DIVIDE : KIND_ALU;
        out->fp_read = right;
        break;
    default: /* VMLA, VMLS, VFMA and their negations read the sum, too */
        out->kind = KIND_FP_MULTIPLY_ADD;
        out->fp_read |= out->fp_written;
        break;
    }
}

static void fp_core_transfer(struct instruction *out, uint32_t first, uint32_t second)
{
    const bool is_double = bits(second, 8, 8) == 1;
    const uint32_t fp_register = fp_bit(is_double, bits(first, 3, 0), bits(second, 7, 7));
    const bool to_core = bits(first, 4, 4) == 1;
    const uint32_t core_register = bits(second, 15, 12);
    out->fp_read = to_core ? fp_register : 0;
    out->fp_written = to_core ? 0 : fp_register;
    out->written = to_core && core_register != PC ? register_bit(core_register) : 0;
}

void decode_floating_point(struct instruction *out, uint32_t first, uint32_t second)
{
    const bool is_fp = bits(second, 11, 9) == 5 && bits(first, 12, 12) == 0;
    if (!is_fp) {
        return;
    }
    if ((first & 0xFE00u) == 0xEC00u) {
        load_store_fp(out, first, second);
    } else if (bits(second, 4, 4) == 0) {
        fp_data_processing(out, first, second);
    } else {
        fp_core_transfer(out, first, second);
    }
}
