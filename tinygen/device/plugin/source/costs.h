/* SPDX-License-Identifier: MIT-0
 *
 * Cycle costs of the modelled cores. */
#ifndef COSTS_H
#define COSTS_H

#include "instruction.h"

struct core_costs {
    const char *name;

    /* memory access */
    uint8_t load;
    uint8_t store_immediate_offset;
    uint8_t store_register_offset;
    uint8_t multiple_base;      /* LDM and its kin: this plus one per word */
    bool loads_overlap;         /* a load or store directly after a load saves one cycle */
    uint8_t address_interlock;  /* the address register was written by the previous ALU operation */

    /* arithmetic */
    uint8_t multiply_add;
    uint8_t long_multiply;
    uint8_t long_multiply_add;
    uint8_t divide;
    uint8_t system;
    bool if_then_folds;         /* IT after a 16-bit instruction costs nothing */

    /* floating point */
    uint8_t fp_multiply_add;
    uint8_t fp_divide;
    uint8_t fp_interlock;       /* a result of VADD, VMUL or VMLA is used at once */

    /* pipeline refill of a taken branch, beyond the instruction's own cost */
    uint8_t refill_branch;
    uint8_t refill_call;
    uint8_t refill_register;
    uint8_t refill_pop;
    uint8_t refill_load;        /* LDR pc, TBB, TBH */
    bool refill_fetches_twice;  /* one more for a 32-bit target that is not word aligned */
};

/* The table of the core with this name, or NULL. */
const struct core_costs *find_costs(const char *name);

/* Cycles of an instruction after its predecessor (NULL: none, or a taken branch). */
uint32_t instruction_cycles(const struct core_costs *costs, const struct instruction *previous,
                            const struct instruction *current);

/* Additional cycles of a taken branch to the target. */
uint32_t refill_cycles(const struct core_costs *costs, const struct instruction *branch,
                       const struct instruction *target);

#endif
