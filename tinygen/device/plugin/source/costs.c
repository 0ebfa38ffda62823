/* SPDX-License-Identifier: MIT-0
 *
 * Sources, zero wait states throughout:
 *   m0       Cortex-M0 Technical Reference Manual (DDI 0432), table 3-1, single cycle multiplier
 *   m0plus   Cortex-M0+ Technical Reference Manual (DDI 0484), table 3-1, single cycle multiplier
 *   m3       Cortex-M3 Technical Reference Manual (DDI 0337), table of instruction timings
 *   m4       Cortex-M4 Technical Reference Manual (DDI 0439), tables 3-1 and 7-1, and its notes on
 *            load and store timings, as repeated in Texas Instruments SWCU192
 * Two entries are choices: SDIV and UDIV take 2 to 12 cycles by their operands and are charged 7;
 * a refill takes 1 to 3 cycles and is charged 2, the value that fits measurements on hardware best
 * (docs/cycle-model.md). */
#include "costs.h"

#include <stddef.h>
#include <string.h>

static const struct core_costs all_costs[] = {
    {
        .name = "m0",
        .load = 2, .store_immediate_offset = 2, .store_register_offset = 2, .multiple_base = 1,
        .multiply_add = 1, .long_multiply = 1, .long_multiply_add = 1, .divide = 1, .system = 3,
        .fp_multiply_add = 1, .fp_divide = 1,
        .refill_branch = 2, .refill_call = 3, .refill_register = 2, .refill_pop = 3,
        .refill_load = 2,
    },
    {
        .name = "m0plus",
        .load = 2, .store_immediate_offset = 2, .store_register_offset = 2, .multiple_base = 1,
        .multiply_add = 1, .long_multiply = 1, .long_multiply_add = 1, .divide = 1, .system = 3,
        .fp_multiply_add = 1, .fp_divide = 1,
        .refill_branch = 1, .refill_call = 2, .refill_register = 1, .refill_pop = 2,
        .refill_load = 1,
    },
    {
        .name = "m3",
        .load = 2, .store_immediate_offset = 1, .store_register_offset = 2, .multiple_base = 1,
        .loads_overlap = true, .address_interlock = 1,
        .multiply_add = 2, .long_multiply = 4, .long_multiply_add = 6, .divide = 7, .system = 1,
        .if_then_folds = true,
        .fp_multiply_add = 1, .fp_divide = 1,
        .refill_branch = 2, .refill_call = 2, .refill_register = 2, .refill_pop = 2,
        .refill_load = 3, .refill_fetches_twice = true,
    },
    {
        .name = "m4",
        .load = 2, .store_immediate_offset = 1, .store_register_offset = 2, .multiple_base = 1,
        .loads_overlap = true, .address_interlock = 1,
        .multiply_add = 1, .long_multiply = 1, .long_multiply_add = 1, .divide = 7, .system = 1,
        .if_then_folds = true,
        .fp_multiply_add = 3, .fp_divide = 14, .fp_interlock = 1,
        .refill_branch = 2, .refill_call = 2, .refill_register = 2, .refill_pop = 2,
        .refill_load = 3, .refill_fetches_twice = true,
    },
};

const struct core_costs *find_costs(const char *name)
{
    for (size_t i = 0; i < sizeof all_costs / sizeof all_costs[0]; i++) {
        if (strcmp(all_costs[i].name, name) == 0) {
            return &all_costs[i];
        }
    }
    return NULL;
}

static bool is_memory_access(const struct instruction *i)
{
    return i->kind == KIND_LOAD || i->kind == KIND_STORE || i->kind == KIND_LOAD_MULTIPLE ||
           i->kind == KIND_STORE_MULTIPLE;
}

static uint32_t own_cycles(const struct core_costs *costs, const struct instruction *i)
{
    switch (i->kind) {
    case KIND_LOAD:
        return costs->load;
    case KIND_STORE:
        return i->register_offset ? costs->store_register_offset : costs->store_immediate_offset;
    case KIND_LOAD_MULTIPLE: case KIND_STORE_MULTIPLE: case KIND_FP_LOAD: case KIND_FP_STORE:
        return costs->multiple_base + (uint32_t)i->transfers;
    case KIND_MULTIPLY_ADD:
        return costs->multiply_add;
    case KIND_LONG_MULTIPLY:
        return costs->long_multiply;
    case KIND_LONG_MULTIPLY_ADD:
        return costs->long_multiply_add;
    case KIND_DIVIDE:
        return costs->divide;
    case KIND_SYSTEM:
        return costs->system;
    case KIND_TABLE_BRANCH:
        return costs->load + 1u;
    case KIND_FP_MULTIPLY_ADD:
        return costs->fp_multiply_add;
    case KIND_FP_DIVIDE:
        return costs->fp_divide;
    case KIND_FP_MOVE_PAIR:
        return 2;
    default:
        return 1;
    }
}

/* The address phase of a single load or store runs in the data phase of a load before it. */
static bool overlaps(const struct core_costs *costs, const struct instruction *previous,
                     const struct instruction *current, bool depends)
{
    const bool after_load = previous->kind == KIND_LOAD || previous->kind == KIND_FP_LOAD;
    const bool single = current->kind == KIND_LOAD || current->kind == KIND_FP_LOAD ||
                        current->kind == KIND_STORE || current->kind == KIND_FP_STORE;
    return costs->loads_overlap && after_load && !previous->writes_pc && single && !depends;
}

uint32_t instruction_cycles(const struct core_costs *costs, const struct instruction *previous,
                            const struct instruction *current)
{
    uint32_t cycles = own_cycles(costs, current);
    if (previous == NULL) {
        return cycles;
    }
    const bool depends = (previous->written & current->address_from) != 0;
    if (overlaps(costs, previous, current, depends) && cycles > 1) {
        cycles -= 1;
    }
    if (current->kind == KIND_IF_THEN && costs->if_then_folds && previous->size == 2 &&
        !previous->writes_pc) {
        cycles = 0;
    }
    if (depends && !is_memory_access(previous)) {
        cycles += costs->address_interlock;
    }
    if ((previous->kind == KIND_FP_ADD || previous->kind == KIND_FP_MULTIPLY_ADD) &&
        (previous->fp_written & current->fp_read) != 0) {
        cycles += costs->fp_interlock;
    }
    return cycles;
}

static uint32_t plain_refill_cycles(const struct core_costs *costs, enum instruction_kind kind)
{
    switch (kind) {
    case KIND_BRANCH:
        return costs->refill_branch;
    case KIND_CALL:
        return costs->refill_call;
    case KIND_LOAD_MULTIPLE:
        return costs->refill_pop;
    case KIND_LOAD: case KIND_TABLE_BRANCH:
        return costs->refill_load;
    default:
        return costs->refill_register;
    }
}

uint32_t refill_cycles(const struct core_costs *costs, const struct instruction *branch,
                       const struct instruction *target)
{
    const uint32_t cycles = plain_refill_cycles(costs, branch->kind);
    const bool straddles = target->size == 4 && (target->address & 2u) != 0;
    const bool fetches_twice = costs->refill_fetches_twice && straddles && cycles < 3;
    return cycles + (fetches_twice ? 1u : 0u);
}
