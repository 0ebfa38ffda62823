/* Start-up of an RV32 core without FPU: registers, .data, .bss, main, trap report, semihosting. */
    .section .vectors, "ax"
    .globl device_reset
device_reset:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    la sp, device_stack_top
    la t0, device_fault
    csrw mtvec, t0
    call forbid_access_below_stack
    la t0, device_data_image
    la t1, device_data_begin
    la t2, device_data_end
1:  bgeu t1, t2, 2f
    lw t3, 0(t0)
    sw t3, 0(t1)
    addi t0, t0, 4
    addi t1, t1, 4
    j 1b
2:  la t1, device_bss_begin
    la t2, device_bss_end
3:  bgeu t1, t2, 4f
    sw zero, 0(t1)
    addi t1, t1, 4
    j 3b
4:  call device_prepare
    call main
    call device_exit

/* Physical memory protection: the 64 KiB below the stack are locked without any permission. */
    .text
forbid_access_below_stack:
    la t0, device_stack_bottom
    srli t1, t0, 2
    csrw pmpaddr1, t1
    li t1, 0x10000
    sub t0, t0, t1
    srli t0, t0, 2
    csrw pmpaddr0, t0
    li t0, 0x8800                 /* entry 1: locked, from pmpaddr0 to pmpaddr1 */
    csrw pmpcfg0, t0
    ret

    .balign 4
device_fault:                     /* a fresh stack first: the old one may be what failed */
    mv a3, sp
    la sp, device_stack_top
    csrr a0, mepc
    csrr a1, mcause
    csrr a2, mtval
    j device_fault_report

/* The three instructions are the semihosting request; they must be uncompressed and in one page. */
    .globl device_semihosting
    .balign 16
device_semihosting:
    .option push
    .option norvc
    slli zero, zero, 0x1f
    ebreak
    srai zero, zero, 7
    .option pop
    ret

/* There is no cycle model for RISC-V: the markers do nothing. */
    .globl device_region_begin
device_region_begin:
    ret
    .globl device_region_end
device_region_end:
    ret
