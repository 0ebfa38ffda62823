/* Where hot loops are assembly. Every such function has a C version beside it with the same arguments and bytes.
 *
 * TG_ASSEMBLY is 1 for compilers that take GNU assembly in a naked function; -DTG_NO_ASSEMBLY chooses the C versions.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_ASSEMBLY_H
#define TG_ASSEMBLY_H

#include "tg_common.h"

#if defined(__GNUC__) && (defined(__arm__) || defined(__riscv)) && !defined(TG_NO_ASSEMBLY)
#define TG_ASSEMBLY 1
/* The body is one asm statement that saves what it uses and returns. Aligned: some jump by addresses from ADR. */
#define TG_NAKED __attribute__((naked, noinline, aligned(4))) TG_KERNEL_SECTION
#else
#define TG_ASSEMBLY 0
#endif

#endif
