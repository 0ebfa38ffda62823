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
#else
#define TG_MVE_ASSEMBLY 0
#endif

#endif
