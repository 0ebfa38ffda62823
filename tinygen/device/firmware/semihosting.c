/* Files of the host and the exit code, by the semihosting calls that Arm and RISC-V share.
 * Numbers: Arm, "Semihosting for AArch32 and AArch64", 2.0. */
#include "tinygen_device.h"

#include <string.h>

enum {
    SYS_OPEN = 0x01,
    SYS_CLOSE = 0x02,
    SYS_WRITE0 = 0x04,
    SYS_WRITE = 0x05,
    SYS_READ = 0x06,
    SYS_EXIT_EXTENDED = 0x20,
    ADP_STOPPED_APPLICATION_EXIT = 0x20026
};

void tgdevice_print(const char *text)
{
    (void)tgdevice_semihosting(SYS_WRITE0, text);
}

static void format_hex(char text[11], uint32_t value)
{
    text[0] = '0';
    text[1] = 'x';
    for (int digit = 0; digit < 8; digit++) {
        text[2 + digit] = "0123456789abcdef"[(value >> (28 - 4 * digit)) & 15u];
    }
    text[10] = '\0';
}

void tgdevice_print_hex(const char *label, uint32_t value)
{
    char text[11];
    format_hex(text, value);
    tgdevice_print(label);
    tgdevice_print(text);
}

void tgdevice_exit(int code)
{
    static volatile intptr_t block[2]; /* static: valid after a stack overflow, too */
    block[0] = ADP_STOPPED_APPLICATION_EXIT;
    block[1] = code;
    for (;;) {
        (void)tgdevice_semihosting(SYS_EXIT_EXTENDED, (const void *)block);
    }
}

intptr_t tgdevice_open(const char *name, int mode)
{
    const intptr_t block[3] = {(intptr_t)name, mode, (intptr_t)strlen(name)};
    const intptr_t file = tgdevice_semihosting(SYS_OPEN, block);
    if (file < 0) {
        tgdevice_exit(DEVICE_EXIT_FILE);
    }
    return file;
}

uint32_t tgdevice_read(intptr_t file, void *data, uint32_t bytes)
{
    const intptr_t block[3] = {file, (intptr_t)data, (intptr_t)bytes};
    return bytes - (uint32_t)tgdevice_semihosting(SYS_READ, block); /* returns the bytes not read */
}

void tgdevice_write(intptr_t file, const void *data, uint32_t bytes)
{
    const intptr_t block[3] = {file, (intptr_t)data, (intptr_t)bytes};
    if (bytes != 0 && tgdevice_semihosting(SYS_WRITE, block) != 0) {
        tgdevice_exit(DEVICE_EXIT_FILE);
    }
}

void tgdevice_close(intptr_t file)
{
    (void)tgdevice_semihosting(SYS_CLOSE, &file);
}

void tgdevice_report(intptr_t file, const char *key, uint32_t value)
{
    char text[11];
    format_hex(text, value);
    tgdevice_write(file, key, (uint32_t)strlen(key));
    tgdevice_write(file, " ", 1);
    tgdevice_write(file, text, 10);
    tgdevice_write(file, "\n", 1);
}
