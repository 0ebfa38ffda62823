/* SPDX-License-Identifier: MIT-0
 *
 * QEMU plugin: cycles of the executed instruction stream, between markers in the guest's code.
 *
 * A translation block gets its cost once, from consecutive pairs of instructions; executing it
 * adds that cost and what happens at the boundary to the block before (a taken branch, or a pair
 * that the boundary splits). So taken and not taken branches are exact, and the run is fast.
 *
 * Arguments: core=m0|m0plus|m3|m4  out=FILE
 * Markers:   mov r9, r9 begins a region, mov r10, r10 ends it
 * Output:    one line per region: "region N instructions=I cycles=C refill=R" */
#include "costs.h"
#include "instruction.h"
#include "qemu_plugin_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MARKER_BEGIN = 0x46C9, MARKER_END = 0x46D2 };

struct step {
    struct block *block;
    struct instruction instruction;
    uint32_t cycles; /* after the instruction before it in the block */
};

struct block {
    uint32_t steps;
    uint32_t cycles; /* of all steps */
    struct step step[];
};

struct region {
    uint64_t instructions;
    uint64_t cycles;
    uint64_t refill;
};

PLUGIN_EXPORT int qemu_plugin_version = 1;
PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                      char **argv);

static const struct core_costs *costs;
static FILE *output;
static const struct block *last_block;
static struct region region;
static bool region_open;
static unsigned regions_done;

/* What executing `block` after `before` costs beyond the block's own cycles; may be negative. */
static int64_t boundary_cycles(const struct block *before, const struct block *block)
{
    const struct instruction *const end = &before->step[before->steps - 1].instruction;
    const struct step *const begin = &block->step[0];
    const bool jumped = begin->instruction.address != end->address + end->size;
    const bool taken = end->writes_pc && jumped;
    const uint32_t refill = taken ? refill_cycles(costs, end, &begin->instruction) : 0;
    const uint32_t pair = instruction_cycles(costs, taken ? NULL : end, &begin->instruction);
    region.refill += refill;
    return (int64_t)refill + pair - begin->cycles;
}

static void block_executed(unsigned cpu, void *user)
{
    const struct block *const block = user;
    (void)cpu;
    if (region_open) {
        region.instructions += block->steps;
        region.cycles += block->cycles;
        if (last_block != NULL) {
            region.cycles += (uint64_t)boundary_cycles(last_block, block);
        }
    }
    last_block = block;
}

/* The rest of the marker's block belongs to the region; its cost was not added when it began. */
static void region_begins(unsigned cpu, void *user)
{
    const struct step *const marker = user;
    const struct block *const block = marker->block;
    (void)cpu;
    region = (struct region){0};
    region_open = true;
    for (const struct step *s = marker + 1; s < block->step + block->steps; s++) {
        region.instructions += 1;
        region.cycles += s->cycles;
    }
}

/* The rest of the marker's block does not belong to the region, but its cost was added. */
static void region_ends(unsigned cpu, void *user)
{
    const struct step *const marker = user;
    const struct block *const block = marker->block;
    (void)cpu;
    if (!region_open) {
        return;
    }
    for (const struct step *s = marker; s < block->step + block->steps; s++) {
        region.instructions -= 1;
        region.cycles -= s->cycles;
    }
    region_open = false;
    fprintf(output, "region %u instructions=%llu cycles=%llu refill=%llu\n", regions_done++,
            (unsigned long long)region.instructions, (unsigned long long)region.cycles,
            (unsigned long long)region.refill);
    fflush(output);
}

static void translate(struct step *step, const struct step *previous,
                      struct qemu_plugin_insn *source)
{
    const uint16_t *const code = qemu_plugin_insn_data(source);
    step->instruction = decode((uint32_t)qemu_plugin_insn_vaddr(source), code);
    step->cycles =
        instruction_cycles(costs, previous ? &previous->instruction : NULL, &step->instruction);
    if (code[0] == MARKER_BEGIN || code[0] == MARKER_END) {
        step->cycles = 0;
        qemu_plugin_register_vcpu_insn_exec_cb(
            source, code[0] == MARKER_BEGIN ? region_begins : region_ends,
            QEMU_PLUGIN_CB_NO_REGS, step);
    }
}

/* Blocks live until the process ends: QEMU keeps no count of who still refers to them. */
static void translate_block(qemu_plugin_id_t id, struct qemu_plugin_tb *source)
{
    const size_t steps = qemu_plugin_tb_n_insns(source);
    struct block *const block = calloc(1, sizeof *block + steps * sizeof block->step[0]);
    (void)id;
    if (block == NULL) {
        abort();
    }
    block->steps = (uint32_t)steps;
    qemu_plugin_register_vcpu_tb_exec_cb(source, block_executed, QEMU_PLUGIN_CB_NO_REGS, block);
    for (size_t i = 0; i < steps; i++) {
        block->step[i].block = block;
        translate(&block->step[i], i > 0 ? &block->step[i - 1] : NULL,
                  qemu_plugin_tb_get_insn(source, i));
        block->cycles += block->step[i].cycles;
    }
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "core=", 5) == 0) {
            costs = find_costs(argv[i] + 5);
        } else if (strncmp(argv[i], "out=", 4) == 0) {
            output = fopen(argv[i] + 4, "w");
        }
    }
    if (costs == NULL || output == NULL) {
        fprintf(stderr, "cycle model: needs core=m0|m0plus|m3|m4 and a writable out=FILE\n");
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate_block);
    return 0;
}
