/* Start-up of a Cortex-M core: FPU, .data and .bss, main; fault report. See arm_entry.S. */
#include "tinygen_device.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))

extern uint32_t tgdevice_data_begin[], tgdevice_data_end[], tgdevice_data_image[];
extern uint32_t tgdevice_bss_begin[], tgdevice_bss_end[];

void tgdevice_reset(void);
void tgdevice_fault_report(const uint32_t *frame);

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
    __asm__ volatile("msr msplim, %0" ::"r"(tgdevice_stack_bottom));
}
#else
static void limit_stack(void) {} /* below the stack there is no memory */
#endif

void tgdevice_reset(void)
{
    enable_coprocessors();
    limit_stack();
    const uint32_t *from = tgdevice_data_image;
    for (uint32_t *to = tgdevice_data_begin; to < tgdevice_data_end;) {
        *to++ = *from++;
    }
    for (uint32_t *to = tgdevice_bss_begin; to < tgdevice_bss_end;) {
        *to++ = 0;
    }
    tgdevice_prepare();
    tgdevice_exit(main());
}

/* frame: the eight words that the exception entry pushed; word 6 is the faulting address. */
__attribute__((used)) void tgdevice_fault_report(const uint32_t *frame)
{
    const int overflowed = (fault_status() >> 20 & 1u) != 0; /* STKOF of Armv8-M */
    const int readable = !overflowed && (uintptr_t)frame >= (uintptr_t)tgdevice_stack_bottom &&
                         (uintptr_t)(frame + 8) <= (uintptr_t)tgdevice_stack_top;
    tgdevice_print("FAULT");
    tgdevice_print_hex(" pc=", readable ? frame[6] : 0u);
    tgdevice_print_hex(" status=", fault_status());
    tgdevice_print_hex(" address=", fault_address());
    tgdevice_print_hex(" sp=", overflowed ? 0u : (uint32_t)(uintptr_t)frame);
    tgdevice_print_hex(" stack_bottom=", (uint32_t)(uintptr_t)tgdevice_stack_bottom);
    tgdevice_print("\n");
    tgdevice_exit(DEVICE_EXIT_FAULT);
}
