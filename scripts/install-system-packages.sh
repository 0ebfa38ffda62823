#!/bin/sh
# Installs the Debian packages that are missing.
#   base    what the Python side needs: venv, a C compiler
#   device  base, cross compilers, QEMU, CMake: what the tests need
set -eu

base="cc:gcc cc:libc6-dev"
device="g++:g++ arm-none-eabi-gcc:gcc-arm-none-eabi arm-none-eabi-gcc:libnewlib-arm-none-eabi
qemu-system-arm:qemu-system-arm riscv64-unknown-elf-gcc:gcc-riscv64-unknown-elf
riscv64-unknown-elf-gcc:picolibc-riscv64-unknown-elf qemu-system-riscv32:qemu-system-misc cmake:cmake"

case "${1:-}" in
base) wanted=$base ;;
device) wanted="$base $device" ;;
*) echo "usage: $0 base|device" >&2; exit 2 ;;
esac

missing=""
for entry in $wanted; do
    command -v "${entry%%:*}" >/dev/null 2>&1 || missing="$missing ${entry#*:}"
done
python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
[ -z "$missing" ] && exit 0

run=""
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "missing packages; run as root: apt-get install -y$missing" >&2
        exit 4
    fi
    run=sudo
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
$run apt-get update -qq
# shellcheck disable=SC2086
$run apt-get install -y -qq --no-install-recommends $missing
