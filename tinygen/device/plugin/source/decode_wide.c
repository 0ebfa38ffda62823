/* SPDX-License-Identifier: MIT-0
 *
 * 32-bit Thumb instructions, by the tables of section A5.3 of the Armv7-M Architecture Reference
 * Manual (DDI 0403). Names of the cases are the manual's. */
#include "instruction.h"

enum { LR = 14, PC = 15 };

static uint16_t written_unless_pc(uint32_t number)
{
    return number == PC ? 0 : register_bit(number); /* 15 means: only the flags */
}

static void load_store_multiple(struct instruction *out, uint32_t first, uint32_t second)
{
    const bool load = bits(first, 4, 4) == 1;
    const uint16_t base = register_bit(bits(first, 3, 0));
    const bool writeback = bits(first, 5, 5) == 1;
    out->kind = load ? KIND_LOAD_MULTIPLE : KIND_STORE_MULTIPLE;
    out->transfers = count_registers(second);
    out->address_from = base;
    out->written = (uint16_t)((writeback ? base : 0u) | (load ? bits(second, 14, 0) : 0u));
    out->writes_pc = load && bits(second, 15, 15) == 1;
}

static void load_store_dual(struct instruction *out, uint32_t first, uint32_t second)
{
    const bool load = bits(first, 4, 4) == 1;
    const uint16_t base = register_bit(bits(first, 3, 0));
    const bool writeback = bits(first, 5, 5) == 1;
    const uint32_t pair = register_bit(bits(second, 15, 12)) | register_bit(bits(second, 11, 8));
    out->kind = load ? KIND_LOAD_MULTIPLE : KIND_STORE_MULTIPLE;
    out->transfers = 2;
    out->address_from = base;
    out->written = (uint16_t)((writeback ? base : 0u) | (load ? pair : 0u));
}

static void load_store_exclusive(struct instruction *out, uint32_t first, uint32_t second)
{
    const bool load = bits(first, 4, 4) == 1;
    out->kind = load ? KIND_LOAD : KIND_STORE;
    out->address_from = register_bit(bits(first, 3, 0));
    out->written = load ? register_bit(bits(second, 15, 12)) : 0;
}

static void table_branch(struct instruction *out, uint32_t first, uint32_t second)
{
    out->kind = KIND_TABLE_BRANCH;
    out->writes_pc = true;
    out->address_from =
        (uint16_t)(register_bit(bits(first, 3, 0)) | register_bit(bits(second, 3, 0)));
}

static void load_store_dual_exclusive_table(struct instruction *out, uint32_t first,
                                            uint32_t second)
{
    const uint32_t operation = bits(first, 8, 7) << 2 | bits(first, 5, 4);
    if (operation == 5 && (second & 0xFFE0u) == 0xF000u) {
        table_branch(out, first, second);
    } else if (operation < 2 || operation == 4 || operation == 5) {
        load_store_exclusive(out, first, second);
    } else {
        load_store_dual(out, first, second);
    }
}

static void branch_and_miscellaneous_control(struct instruction *out, uint32_t first,
                                             uint32_t second)
{
    const bool has_condition = bits(first, 9, 7) != 7;
    out->kind = KIND_BRANCH;
    out->writes_pc = true;
    switch (second & 0xD000u) {
    case 0xD000:
        out->kind = KIND_CALL;
        out->written = register_bit(LR);
        break;
    case 0x8000:
        if (!has_condition) { /* hints are F3A; MSR, MRS and the barriers are the rest */
            out->kind = (first & 0xFFF0u) == 0xF3A0u ? KIND_ALU : KIND_SYSTEM;
            out->writes_pc = false;
        }
        break;
    default: /* B */
        break;
    }
}

static void load_single(struct instruction *out, uint32_t first, uint32_t second)
{
    const uint32_t data = bits(second, 15, 12);
    const bool word = bits(first, 6, 5) == 2;
    if (data != PC) {
        out->kind = KIND_LOAD;
        out->written |= register_bit(data);
    } else if (word) { /* LDR pc */
        out->kind = KIND_LOAD;
        out->writes_pc = true;
    } /* else a preload hint: one cycle */
}

static void load_store_single(struct instruction *out, uint32_t first, uint32_t second)
{
    const uint32_t base = bits(first, 3, 0);
    const bool literal = base == PC;
    const bool offset_of_12_bits = bits(first, 7, 7) == 1;
    out->address_from = literal ? 0 : register_bit(base);
    if (!literal && !offset_of_12_bits) {
        if (bits(second, 11, 11) == 1) { /* 8-bit offset; bit 8 writes the base back */
            out->written = bits(second, 8, 8) == 1 ? register_bit(base) : 0;
        } else {
            out->address_from |= register_bit(bits(second, 3, 0));
            out->register_offset = true;
        }
    }
    if (bits(first, 4, 4) == 1) {
        load_single(out, first, second);
    } else {
        out->kind = KIND_STORE;
    }
}

static void multiply(struct instruction *out, uint32_t second)
{
    const bool accumulates = bits(second, 15, 12) != 15;
    out->kind = accumulates ? KIND_MULTIPLY_ADD : KIND_ALU;
    out->written = register_bit(bits(second, 11, 8));
}

static void long_multiply_divide(struct instruction *out, uint32_t first, uint32_t second)
{
    const uint32_t operation = bits(first, 6, 4);
    const uint16_t high = register_bit(bits(second, 11, 8));
    const uint16_t low = register_bit(bits(second, 15, 12));
    if (operation == 1 || operation == 3) { /* SDIV, UDIV */
        out->kind = KIND_DIVIDE;
        out->written = high;
    } else {
        out->kind = operation < 4 ? KIND_LONG_MULTIPLY : KIND_LONG_MULTIPLY_ADD;
        out->written = (uint16_t)(high | low);
    }
}

static void group_1(struct instruction *out, uint32_t first, uint32_t second)
{
    if (bits(first, 10, 10) == 1) {
        decode_floating_point(out, first, second);
    } else if (bits(first, 9, 9) == 1) { /* data processing, shifted register */
        out->written = written_unless_pc(bits(second, 11, 8));
    } else if (bits(first, 6, 6) == 1) {
        load_store_dual_exclusive_table(out, first, second);
    } else {
        load_store_multiple(out, first, second);
    }
}

static void group_3(struct instruction *out, uint32_t first, uint32_t second)
{
    if (bits(first, 10, 10) == 1) {
        decode_floating_point(out, first, second);
    } else if (bits(first, 9, 9) == 0) {
        load_store_single(out, first, second);
    } else if (bits(first, 8, 8) == 0) { /* data processing, register */
        out->written = register_bit(bits(second, 11, 8));
    } else if (bits(first, 7, 7) == 0) {
        multiply(out, second);
    } else {
        long_multiply_divide(out, first, second);
    }
}

void decode_wide(struct instruction *out, uint32_t first, uint32_t second)
{
    switch (bits(first, 12, 11)) {
    case 1:
        group_1(out, first, second);
        break;
    case 2:
        if (bits(second, 15, 15) == 1) {
            branch_and_miscellaneous_control(out, first, second);
        } else { /* data processing, immediate */
            out->written = written_unless_pc(bits(second, 11, 8));
        }
        break;
    default:
        group_3(out, first, second);
        break;
    }
}
