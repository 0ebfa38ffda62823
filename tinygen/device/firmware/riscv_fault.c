/* Reports a RISC-V trap: program counter, cause, faulting address. */
#include "tinygen_device.h"

void device_fault_report(uint32_t pc, uint32_t cause, uint32_t address, uint32_t sp);

void device_fault_report(uint32_t pc, uint32_t cause, uint32_t address, uint32_t sp)
{
    device_print("FAULT");
    device_print_hex(" pc=", pc);
    device_print_hex(" status=", cause);
    device_print_hex(" address=", address);
    device_print_hex(" sp=", sp);
    device_print_hex(" stack_bottom=", (uint32_t)(uintptr_t)device_stack_bottom);
    device_print("\n");
    device_exit(DEVICE_EXIT_FAULT);
}
