/* The RISC-V counter of retired instructions; its upper half serves as the slow counter. */
#include "tinygen_device.h"

void tgdevice_timer_start(void) {}

uint32_t tgdevice_timer_fine(void)
{
    uint32_t low;
    __asm__ volatile("csrr %0, minstret" : "=r"(low)::"memory");
    return low;
}

uint32_t tgdevice_timer_coarse(void)
{
    uint32_t high;
    __asm__ volatile("csrr %0, minstreth" : "=r"(high)::"memory");
    return high;
}
