/* Start-up of an RV32 core without FPU: registers, .data, .bss, main, trap report, semihosting. */
    .section .vectors, "ax"
    .globl tgdevice_reset
tgdevice_reset:
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    la sp, tgdevice_stack_top
    la t0, tgdevice_fault
    csrw mtvec, t0
    call forbid_access_below_stack
    la t0, tgdevice_data_image
    la t1, tgdevice_data_begin
    la t2, tgdevice_data_end
1:  bgeu t1, t2, 2f
    lw t3, 0(t0)
    sw t3, 0(t1)
    addi t0, t0, 4
    addi t1, t1, 4
    j 1b
2:  la t1, tgdevice_bss_begin
    la t2, tgdevice_bss_end
3:  bgeu t1, t2, 4f
    sw zero, 0(t1)
    addi t1, t1, 4
    j 3b
4:  call tgdevice_prepare
    call main
    call tgdevice_exit

/* Physical memory protection: the 64 KiB below the stack are locked without any permission. */
    .text
forbid_access_below_stack:
    la t0, tgdevice_stack_bottom
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
tgdevice_fault:                     /* a fresh stack first: the old one may be what failed */
    mv a3, sp
    la sp, tgdevice_stack_top
    csrr a0, mepc
    csrr a1, mcause
    csrr a2, mtval
    j tgdevice_fault_report

/* The three instructions are the semihosting request; they must be uncompressed and in one page. */
    .globl tgdevice_semihosting
    .balign 16
tgdevice_semihosting:
    .option push
    .option norvc
    slli zero, zero, 0x1f
    ebreak
    srai zero, zero, 7
    .option pop
    ret

/* There is no cycle model for RISC-V: the markers do nothing. */
    .globl tgdevice_region_begin
tgdevice_region_begin:
    ret
    .globl tgdevice_region_end
tgdevice_region_end:
    ret
