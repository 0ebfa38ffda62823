/* Whether the Helium kernels are assembly, and what their functions need.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MVE_ASSEMBLY_H
#define TG_MVE_ASSEMBLY_H

#include "tg_assembly.h"

#if TG_ASSEMBLY && defined(__ARM_FEATURE_MVE)
#define TG_MVE_ASSEMBLY 1
/* Of a naked function: it comes in a register, and the compiler sees no use of it. */
#define TG_REGISTER __attribute__((unused))
#pragma GCC diagnostic ignored "-Woverlength-strings" /* no limit of the compilers that get here */
/* A loop 41: of 2^shift equal steps (`less` is one less), the second of which starts at 42:, is to run r9 steps and to
 * end at 5:. Stores at `frame` the address to enter it, and behind that how often it runs. Changes r0 to r3. */
#define TG_MVE_ENTER(frame, less, shift)                                                                      \
    "adr.w r0, 41f\n"                                                                                         \
    "adr.w r1, 42f\n"                                                                                         \
    "subs r1, r1, r0\n"                                                                                       \
    "rsb.w r2, r9, #0\n"                                                                                      \
    "and.w r2, r2, #" less "\n"                                                                               \
    "mla r0, r2, r1, r0\n"                                                                                    \
    "add.w r3, r9, #" less "\n"                                                                               \
    "lsrs r3, r3, #" shift "\n"                                                                               \
    "it eq\n"                                                                                                 \
    "adreq.w r0, 5f\n"                                                                                        \
    "orr.w r0, r0, #1\n"                                                                                      \
    "strd r0, r3, [sp, #" frame "]\n"

#else
#define TG_MVE_ASSEMBLY 0
#endif

#endif
