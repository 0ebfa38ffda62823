/* Reports a RISC-V trap: program counter, cause, faulting address. */
#include "tinygen_device.h"

void tgdevice_fault_report(uint32_t pc, uint32_t cause, uint32_t address, uint32_t sp);

void tgdevice_fault_report(uint32_t pc, uint32_t cause, uint32_t address, uint32_t sp)
{
    tgdevice_print("FAULT");
    tgdevice_print_hex(" pc=", pc);
    tgdevice_print_hex(" status=", cause);
    tgdevice_print_hex(" address=", address);
    tgdevice_print_hex(" sp=", sp);
    tgdevice_print_hex(" stack_bottom=", (uint32_t)(uintptr_t)tgdevice_stack_bottom);
    tgdevice_print("\n");
    tgdevice_exit(DEVICE_EXIT_FAULT);
}
