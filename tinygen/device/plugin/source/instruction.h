/* SPDX-License-Identifier: MIT-0
 *
 * A Thumb instruction, as far as its timing depends on it. */
#ifndef INSTRUCTION_H
#define INSTRUCTION_H

#include <stdbool.h>
#include <stdint.h>

enum instruction_kind {
    KIND_ALU, /* data processing, and everything else that takes one cycle */
    KIND_LOAD,
    KIND_STORE,
    KIND_LOAD_MULTIPLE, /* LDM, POP, LDRD, VLDM */
    KIND_STORE_MULTIPLE,
    KIND_BRANCH,          /* target in the instruction */
    KIND_BRANCH_REGISTER, /* BX, BLX, MOV pc, ADD pc */
    KIND_CALL,            /* BL */
    KIND_TABLE_BRANCH,
    KIND_MULTIPLY_ADD,
    KIND_LONG_MULTIPLY,
    KIND_LONG_MULTIPLY_ADD,
    KIND_DIVIDE,
    KIND_IF_THEN,
    KIND_SYSTEM, /* CPS, SVC, BKPT, MRS, MSR, barriers */
    KIND_FP_ADD, /* VADD, VSUB, VMUL */
    KIND_FP_MULTIPLY_ADD,
    KIND_FP_DIVIDE, /* VDIV, VSQRT */
    KIND_FP_LOAD,
    KIND_FP_STORE,
    KIND_FP_MOVE_PAIR /* VMOV of two core registers */
};

struct instruction {
    uint32_t address;
    uint8_t size;           /* bytes: 2 or 4 */
    enum instruction_kind kind;
    uint8_t transfers;      /* words that a load or store moves, where it is not one */
    bool writes_pc;         /* a branch, taken or not */
    bool register_offset;   /* the address is a sum of two registers */
    uint16_t written;       /* core registers, one bit each */
    uint16_t address_from;  /* core registers that the address is computed from */
    uint32_t fp_written;    /* single precision registers, one bit each; a double is its first */
    uint32_t fp_read;
};

/* Decodes the instruction at `address` from its one or two halfwords. */
struct instruction decode(uint32_t address, const uint16_t *halfwords);

/* The three parts of decode(). They fill in what differs from a plain one-cycle instruction. */
void decode_narrow(struct instruction *out, uint32_t code);
void decode_wide(struct instruction *out, uint32_t first, uint32_t second);
void decode_floating_point(struct instruction *out, uint32_t first, uint32_t second);

static inline uint32_t bits(uint32_t value, uint32_t high, uint32_t low)
{
    return (value >> low) & ((2u << (high - low)) - 1u);
}

static inline uint16_t register_bit(uint32_t number)
{
    return (uint16_t)(1u << number);
}

static inline uint8_t count_registers(uint32_t list)
{
    return (uint8_t)__builtin_popcount(list);
}

#endif
