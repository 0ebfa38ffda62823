/* FPGAIO block of the Arm MPS2 and MPS3 boards: a 32-bit counter and one of 100 Hz. */
#include "tinygen_device.h"

#define REGISTER(offset) (*(volatile uint32_t *)(TINYGEN_TIMER_BASE + (offset)))

void tgdevice_timer_start(void)
{
    REGISTER(0x1C) = 0; /* PRESCALE: count every tick */
}

uint32_t tgdevice_timer_fine(void) { return REGISTER(0x18); } /* COUNTER */

uint32_t tgdevice_timer_coarse(void) { return REGISTER(0x14); } /* CLK100HZ */
