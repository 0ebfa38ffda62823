/* Start-up of a Cortex-M core: FPU, .data and .bss, main; fault report. See arm_entry.S. */
#include "tinygen_device.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

extern uint32_t device_data_begin[], device_data_end[], device_data_image[];
extern uint32_t device_bss_begin[], device_bss_end[];

void device_reset(void);
void device_fault_report(const uint32_t *frame);

#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
static void enable_coprocessors(void)
{
    REGISTER(0xE000ED88u) |= 0xFu << 20; /* CPACR: full access to CP10 and CP11 */
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}
#else
static void enable_coprocessors(void) {}
#endif

#if __ARM_ARCH >= 7
static uint32_t fault_status(void) { return REGISTER(0xE000ED28u); }  /* CFSR */
static uint32_t fault_address(void) { return REGISTER(0xE000ED38u); } /* BFAR */
#else
static uint32_t fault_status(void) { return 0; } /* Armv6-M has no fault status */
static uint32_t fault_address(void) { return 0; }
#endif

#if __ARM_ARCH >= 8
static void limit_stack(void)
{
    __asm__ volatile("msr msplim, %0" ::"r"(device_stack_bottom));
}
#else
static void limit_stack(void) {} /* below the stack there is no memory */
#endif

void device_reset(void)
{
    enable_coprocessors();
    limit_stack();
    const uint32_t *from = device_data_image;
    for (uint32_t *to = device_data_begin; to < device_data_end;) {
        *to++ = *from++;
    }
    for (uint32_t *to = device_bss_begin; to < device_bss_end;) {
        *to++ = 0;
    }
    device_prepare();
    device_exit(main());
}

/* frame: the eight words that the exception entry pushed; word 6 is the faulting address. */
__attribute__((used)) void device_fault_report(const uint32_t *frame)
{
    const int overflowed = (fault_status() >> 20 & 1u) != 0; /* STKOF of Armv8-M */
    const int readable = !overflowed && (uintptr_t)frame >= (uintptr_t)device_stack_bottom &&
                         (uintptr_t)(frame + 8) <= (uintptr_t)device_stack_top;
    device_print("FAULT");
    device_print_hex(" pc=", readable ? frame[6] : 0u);
    device_print_hex(" status=", fault_status());
    device_print_hex(" address=", fault_address());
    device_print_hex(" sp=", overflowed ? 0u : (uint32_t)(uintptr_t)frame);
    device_print_hex(" stack_bottom=", (uint32_t)(uintptr_t)device_stack_bottom);
    device_print("\n");
    device_exit(DEVICE_EXIT_FAULT);
}
