/* The model under test by neutral names; the build passes the names of the generated folder. All
 * names of the firmware are chosen so that they clash with those of hardly any model. */
#ifndef TINYGEN_MODEL_H
#define TINYGEN_MODEL_H

#include TINYGEN_MODEL_HEADER

#include "tinygen_device.h"

/* Generated code may ask for no alignment of its buffers; C compilers align arrays by type. */
#define ALIGNED __attribute__((aligned(16)))

/* Working memory, where the caller has it. */
#if TINYGEN_CALLERS_ARENAS == 2
static ALIGNED int8_t tgdevice_arena[TINYGEN_MODEL_ARENA_BYTES];
static ALIGNED int8_t tgdevice_fast_arena[TINYGEN_MODEL_FAST_ARENA_BYTES];
#define TGDEVICE_MEMORY tgdevice_arena, tgdevice_fast_arena
#define TGDEVICE_AND_MEMORY , TGDEVICE_MEMORY
#elif TINYGEN_CALLERS_ARENAS == 1
static ALIGNED int8_t tgdevice_arena[TINYGEN_MODEL_ARENA_BYTES];
#define TGDEVICE_MEMORY tgdevice_arena
#define TGDEVICE_AND_MEMORY , TGDEVICE_MEMORY
#else
#define TGDEVICE_MEMORY
#define TGDEVICE_AND_MEMORY
#endif

/* The arguments for a block of inputs or outputs: several where the build says so. */
#define TGDEVICE_AT(block, offset) ((void *)((uintptr_t)(block) + (offset)))
#if defined(TINYGEN_MODEL_INPUTS) || defined(TINYGEN_MODEL_OUTPUTS)
#define TGDEVICE_SEVERAL 1
#else
#define TGDEVICE_SEVERAL 0
#endif
#ifndef TINYGEN_MODEL_INPUTS
#define TINYGEN_MODEL_INPUTS(block) block
#endif
#ifndef TINYGEN_MODEL_OUTPUTS
#define TINYGEN_MODEL_OUTPUTS(block) block
#endif

/* TINYGEN_MODEL_RUN(input, output), whoever owns the input and the memory. TINYGEN_MODEL_NOTHING is the same without the
 * model: what it costs to put the input where it belongs. */
#if TINYGEN_INPUT_IN_ARENA
/* not a call of the C library, which would count as the model's */
__attribute__((optimize("no-tree-loop-distribute-patterns"), unused)) static void
tgdevice_deliver(const void *input, void *output)
{
    const int8_t *const from = (const int8_t *)input;
    int8_t *const to = (int8_t *)TINYGEN_MODEL_INPUT(TGDEVICE_MEMORY);
    (void)output;
    for (uint32_t i = 0; i < TINYGEN_MODEL_INPUT_BYTES; i++) {
        to[i] = from[i];
    }
}

__attribute__((unused)) static void tgdevice_run(const void *input, void *output)
{
    tgdevice_deliver(input, output);
    TINYGEN_MODEL_ENTRY(TINYGEN_MODEL_OUTPUTS(output) TGDEVICE_AND_MEMORY);
}
#define TINYGEN_MODEL_RUN tgdevice_run
#define TINYGEN_MODEL_NOTHING tgdevice_deliver
#else
__attribute__((noipa, unused)) static void tgdevice_return_at_once(const void *input, void *output)
{
    (void)input;
    (void)output;
}
#define TINYGEN_MODEL_NOTHING tgdevice_return_at_once
#if TINYGEN_CALLERS_ARENAS || TGDEVICE_SEVERAL
__attribute__((unused)) static void tgdevice_run(const void *input, void *output)
{
    TINYGEN_MODEL_ENTRY(TINYGEN_MODEL_INPUTS(input), TINYGEN_MODEL_OUTPUTS(output) TGDEVICE_AND_MEMORY);
}
#define TINYGEN_MODEL_RUN tgdevice_run
#else
#define TINYGEN_MODEL_RUN TINYGEN_MODEL_ENTRY
#endif
#endif

#endif
