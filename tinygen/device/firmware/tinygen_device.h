/* What a firmware program may use: host files, exit, stack measurement, an instruction timer. */
#ifndef TINYGEN_DEVICE_H
#define TINYGEN_DEVICE_H

#include <stdint.h>

/* ---- semihosting: the debugger interface through which QEMU offers files of the host ---- */

enum { DEVICE_READ = 1, DEVICE_WRITE = 5 }; /* fopen modes "rb" and "wb" */

enum {
    DEVICE_EXIT_OK = 0,
    DEVICE_EXIT_FAULT = 99,         /* processor exception; the details are on the console */
    DEVICE_EXIT_FILE = 98,          /* a host file could not be opened, read or written */
    DEVICE_EXIT_STACK = 97,         /* the stack overflowed */
    DEVICE_EXIT_OUT_OF_BOUNDS = 96, /* the model wrote outside its output buffer */
    DEVICE_EXIT_INPUT_WRITTEN = 95  /* the model wrote to its input buffer */
};

/* One semihosting call, in assembly: the sequence differs per instruction set. */
intptr_t tgdevice_semihosting(intptr_t operation, const void *argument);

void tgdevice_print(const char *text);
void tgdevice_print_hex(const char *label, uint32_t value);
void tgdevice_exit(int code) __attribute__((noreturn));

/* Opens a file in the working directory of the emulator; exits when it cannot. */
intptr_t tgdevice_open(const char *name, int mode);
/* Reads up to `bytes` bytes; returns how many were read. */
uint32_t tgdevice_read(intptr_t file, void *data, uint32_t bytes);
void tgdevice_write(intptr_t file, const void *data, uint32_t bytes);
void tgdevice_close(intptr_t file);

/* Appends the line "<key> <hex value>" to the file. */
void tgdevice_report(intptr_t file, const char *key, uint32_t value);

/* ---- stack: painted with a pattern, searched for the deepest word that was overwritten.
 * It grows downwards from tgdevice_stack_top. Inline, because a call would write to it. ---- */

#define DEVICE_STACK_PAINT 0xA5C3961Eu

extern volatile uint32_t tgdevice_stack_bottom[], tgdevice_stack_top[];

#if defined(__riscv)
#define DEVICE_READ_STACK_POINTER "mv %0, sp"
#else
#define DEVICE_READ_STACK_POINTER "mov %0, sp"
#endif

static inline __attribute__((always_inline)) uintptr_t tgdevice_stack_pointer(void)
{
    uintptr_t pointer;
    __asm__ volatile(DEVICE_READ_STACK_POINTER : "=r"(pointer)::"memory");
    return pointer;
}

/* Paints all words below the caller's stack pointer, which is read every time: the compiler may
 * move the caller's prologue behind a single reading and then lose the saved registers. */
static inline __attribute__((always_inline)) void tgdevice_stack_paint(void)
{
    for (volatile uint32_t *word = tgdevice_stack_bottom;
         (uintptr_t)word < tgdevice_stack_pointer(); word++) {
        *word = DEVICE_STACK_PAINT;
    }
}

/* Lowest stack address that was written since the last painting. */
static inline __attribute__((always_inline)) uintptr_t tgdevice_stack_lowest(void)
{
    volatile uint32_t *word = tgdevice_stack_bottom;
    while (word < tgdevice_stack_top && *word == DEVICE_STACK_PAINT) {
        word++;
    }
    return (uintptr_t)word;
}

/* Exits with DEVICE_EXIT_STACK when the last word of the stack was written. */
static inline void tgdevice_stack_check(void)
{
    if (*tgdevice_stack_bottom != DEVICE_STACK_PAINT) {
        tgdevice_exit(DEVICE_EXIT_STACK);
    }
}

/* Called by the start-up code. */
void tgdevice_prepare(void);

/* ---- timer: advances with executed instructions under qemu -icount ---- */

void tgdevice_timer_start(void);
/* Ticks of the fine counter, modulo 2^32. Exact to the instruction: the read is one instruction. */
uint32_t tgdevice_timer_fine(void);
/* Ticks of a slow counter that does not wrap within a run; tells how often the fine one did. */
uint32_t tgdevice_timer_coarse(void);

/* ---- markers for the cycle model: no-operations that compilers do not emit ---- */

void tgdevice_region_begin(void);
void tgdevice_region_end(void);

int main(void);

#endif
