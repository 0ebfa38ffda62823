/* SPDX-License-Identifier: MIT-0 */
#include "instruction.h"

/* The size comes from the code, not from QEMU: before the last halfword of a page, QEMU looks one
 * halfword ahead and then reports a 16-bit instruction as 32 bits long. */
struct instruction decode(uint32_t address, const uint16_t *halfwords)
{
    const bool wide = halfwords[0] >= 0xE800u;
    struct instruction out = {.address = address, .size = wide ? 4 : 2, .kind = KIND_ALU};
    if (wide) {
        decode_wide(&out, halfwords[0], halfwords[1]);
    } else {
        decode_narrow(&out, halfwords[0]);
    }
    return out;
}
