/* Reset, memory initialization and semihosting output for the example. A product has its vendor's. */
#include <stdint.h>

extern uint32_t stack_top, data_start, data_end, data_source, bss_start, bss_end;

int main(void);
void print(const char *text);
void reset_handler(void);

enum { SYS_WRITE0 = 0x04, SYS_EXIT_EXTENDED = 0x20, APPLICATION_EXIT = 0x20026 };

static void semihosting(uint32_t operation, const volatile void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const volatile void *r1 __asm__("r1") = argument;

    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void print(const char *text)
{
    semihosting(SYS_WRITE0, text);
}

static void leave(uint32_t code)
{
    static volatile uint32_t block[2];

    block[0] = APPLICATION_EXIT;
    block[1] = code;
    semihosting(SYS_EXIT_EXTENDED, block);
    for (;;) {
    }
}

void reset_handler(void)
{
    volatile uint32_t *const coprocessor_access = (volatile uint32_t *)0xE000ED88u;
    const uint32_t *source = &data_source;

    *coprocessor_access |= 0xFu << 20; /* the FPU */
    __asm__ volatile("dsb\n isb" ::: "memory");
    for (uint32_t *word = &data_start; word < &data_end; word++) {
        *word = *source++;
    }
    for (uint32_t *word = &bss_start; word < &bss_end; word++) {
        *word = 0;
    }
    leave((uint32_t)main());
}

static void fault_handler(void)
{
    print("fault\n");
    leave(99);
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))(uintptr_t)&stack_top,
    reset_handler,
    fault_handler,
    fault_handler,
    fault_handler,
    fault_handler,
    fault_handler,
};
