/* What a Cortex-M program needs in assembly: vectors, fault entry, semihosting, cycle markers. */
    .syntax unified
    .thumb

/* Initial stack pointer, reset, and the fourteen system exceptions: all of them are faults. */
    .section .vectors, "a"
    .word tgdevice_stack_top
    .word tgdevice_reset
    .rept 14
    .word tgdevice_fault
    .endr

    .macro function name
    .section .text.\name, "ax"
    .balign 4
    .thumb_func
    .global \name
    .type \name, %function
\name:
    .endm

    function tgdevice_fault           /* a fresh stack first: the old one may be what failed */
    mov r0, sp
    ldr r1, =tgdevice_stack_top
    mov sp, r1
    ldr r1, =tgdevice_fault_report
    bx r1
    .ltorg

    function tgdevice_semihosting
    bkpt 0xab
    bx lr

/* Moves of a high register to itself: valid on every Cortex-M, and not what assemblers pad with. */
    function tgdevice_region_begin
    mov r9, r9                      /* 0x46c9 */
    bx lr

    function tgdevice_region_end
    mov r10, r10                    /* 0x46d2 */
    bx lr
