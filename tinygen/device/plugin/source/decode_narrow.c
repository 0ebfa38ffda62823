/* SPDX-License-Identifier: MIT-0
 *
 * 16-bit Thumb instructions, by the tables of section A5.2 of the Armv7-M Architecture Reference
 * Manual (DDI 0403). Names of the cases are the manual's. */
#include "instruction.h"

enum { SP = 13, PC = 15 };

static void shift_add_subtract_move_compare(struct instruction *out, uint32_t code)
{
    const uint32_t operation = bits(code, 13, 11);
    const bool compare = operation == 5;
    if (operation < 4) {
        out->written = register_bit(bits(code, 2, 0));
    } else if (!compare) {
        out->written = register_bit(bits(code, 10, 8));
    }
}

static void data_processing(struct instruction *out, uint32_t code)
{
    const uint32_t operation = bits(code, 9, 6);
    const bool only_flags = operation == 8 || operation == 10 || operation == 11; /* TST CMP CMN */
    if (!only_flags) {
        out->written = register_bit(bits(code, 2, 0));
    }
}

static void special_data_and_branch_exchange(struct instruction *out, uint32_t code)
{
    const uint32_t operation = bits(code, 9, 8);
    const uint32_t destination = bits(code, 2, 0) | bits(code, 7, 7) << 3;
    if (operation == 3) { /* BX, BLX */
        out->kind = KIND_BRANCH_REGISTER;
        out->writes_pc = true;
    } else if (operation != 1) { /* ADD, MOV; 1 is CMP */
        out->written = register_bit(destination);
        if (destination == PC) {
            out->kind = KIND_BRANCH_REGISTER;
            out->writes_pc = true;
        }
    }
}

static void load_store(struct instruction *out, bool load, uint32_t data, uint32_t address_from)
{
    out->kind = load ? KIND_LOAD : KIND_STORE;
    out->written = load ? register_bit(data) : 0;
    out->address_from = (uint16_t)address_from;
}

static void load_store_register_offset(struct instruction *out, uint32_t code)
{
    const uint32_t base = register_bit(bits(code, 5, 3));
    const uint32_t offset = register_bit(bits(code, 8, 6));
    load_store(out, bits(code, 11, 9) >= 3, bits(code, 2, 0), base | offset);
    out->register_offset = true;
}

static void push_pop(struct instruction *out, uint32_t code)
{
    const bool pop = bits(code, 11, 11) == 1;
    out->kind = pop ? KIND_LOAD_MULTIPLE : KIND_STORE_MULTIPLE;
    out->transfers = count_registers(bits(code, 8, 0));
    out->address_from = register_bit(SP);
    out->written = (uint16_t)(register_bit(SP) | (pop ? bits(code, 7, 0) : 0u));
    out->writes_pc = pop && bits(code, 8, 8) == 1;
}

static void miscellaneous(struct instruction *out, uint32_t code)
{
    switch (bits(code, 11, 8)) {
    case 0x0: /* ADD, SUB of SP */
        out->written = register_bit(SP);
        break;
    case 0x1: case 0x3: case 0x9: case 0xB: /* CBZ, CBNZ */
        out->kind = KIND_BRANCH;
        out->writes_pc = true;
        break;
    case 0x2: case 0xA: /* SXTH..., REV... */
        out->written = register_bit(bits(code, 2, 0));
        break;
    case 0x4: case 0x5: case 0xC: case 0xD:
        push_pop(out, code);
        break;
    case 0xF: /* IT, or a hint where its mask is 0 */
        out->kind = bits(code, 3, 0) != 0 ? KIND_IF_THEN : KIND_ALU;
        break;
    default: /* CPS, BKPT */
        out->kind = KIND_SYSTEM;
        break;
    }
}

static void load_store_multiple(struct instruction *out, uint32_t code)
{
    const bool load = bits(code, 11, 11) == 1;
    const uint32_t list = bits(code, 7, 0);
    const uint16_t base = register_bit(bits(code, 10, 8));
    out->kind = load ? KIND_LOAD_MULTIPLE : KIND_STORE_MULTIPLE;
    out->transfers = count_registers(list);
    out->address_from = base;
    out->written = (uint16_t)(base | (load ? list : 0u));
}

static void conditional_branch_and_supervisor_call(struct instruction *out, uint32_t code)
{
    const bool branch = bits(code, 11, 8) < 14;
    out->kind = branch ? KIND_BRANCH : KIND_SYSTEM;
    out->writes_pc = branch;
}

void decode_narrow(struct instruction *out, uint32_t code)
{
    const bool load = bits(code, 11, 11) == 1;
    switch (bits(code, 15, 12)) {
    case 0x0: case 0x1: case 0x2: case 0x3:
        shift_add_subtract_move_compare(out, code);
        break;
    case 0x4:
        if (load) { /* LDR literal: its address needs no register */
            load_store(out, true, bits(code, 10, 8), 0);
        } else if (bits(code, 10, 10) == 1) {
            special_data_and_branch_exchange(out, code);
        } else {
            data_processing(out, code);
        }
        break;
    case 0x5:
        load_store_register_offset(out, code);
        break;
    case 0x6: case 0x7: case 0x8:
        load_store(out, load, bits(code, 2, 0), register_bit(bits(code, 5, 3)));
        break;
    case 0x9:
        load_store(out, load, bits(code, 10, 8), register_bit(SP));
        break;
    case 0xA: /* ADR, ADD of SP */
        out->written = register_bit(bits(code, 10, 8));
        break;
    case 0xB:
        miscellaneous(out, code);
        break;
    case 0xC:
        load_store_multiple(out, code);
        break;
    case 0xD:
        conditional_branch_and_supervisor_call(out, code);
        break;
    default: /* B */
        out->kind = KIND_BRANCH;
        out->writes_pc = true;
        break;
    }
}
