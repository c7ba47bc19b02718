#!/usr/bin/env bash
# Builds the kernels and their tests for 64-bit Arm and runs them in an emulator: the bytes there are those of every
# other machine. Needs g++-aarch64-linux-gnu and qemu-user-static; the Arm libraries are fetched from Debian and unpacked
# below build/arm, nothing of them is installed.
set -euo pipefail
cd "$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")"
top=$PWD
build=$top/build/arm
packages=(libhwy-dev libhwy1 libisal-dev libisal2 libjpeg62-turbo-dev libjpeg62-turbo libpng-dev zlib1g-dev
  libdeflate-dev libdeflate0)

if [[ ! -e $build/unpacked ]]; then
  mkdir -p "$build"/{debs,root,lists/partial,cache/archives/partial}
  apt=(apt-get --quiet=2 -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State::status=/dev/null
    -o Dir::State::lists="$build/lists" -o Dir::Cache="$build/cache" -o APT::Sandbox::User="$(id -un)")
  "${apt[@]}" update
  (cd "$build/debs" && "${apt[@]}" download "${packages[@]}")
  for package in "$build"/debs/*.deb; do dpkg-deb --extract "$package" "$build/root"; done
  touch "$build/unpacked"
fi

libraries=$build/root/usr/lib/aarch64-linux-gnu
# What cmake gives the kernels and tests.
flags=(-std=c++20 -O2 -Wall -Wextra -Werror -ffp-contract=off
  "-DHWY_DISABLED_TARGETS=(HWY_SVE|HWY_SVE2|HWY_SVE_256|HWY_SVE2_128)"
  -I"$top" -I"$top/engine" -I"$top/tests" -isystem "$build/root/usr/include" -isystem "$build/root/usr/include/isa-l"
  -isystem "$libraries/../../include/aarch64-linux-gnu" -idirafter /usr/include)
compile() { aarch64-linux-gnu-g++ "${flags[@]}" -c "$1" -o "$build/${1//\//_}.o"; }
export build
rm -f "$build"/*.o
sources=(kernels/*/*.cpp tests/kernels/*/*.cpp tests/support/{draw_lines_reference,main}.cpp)
for source in "${sources[@]}"; do
  while [[ $(jobs -rp | wc -l) -ge $(nproc) ]]; do wait -n; done
  compile "$source" &
done
while [[ -n $(jobs -p) ]]; do wait -n; done
aarch64-linux-gnu-g++ "$build"/*.o -o "$build/kernel_tests" -L"$libraries" -lhwy -lisal -ljpeg -ldeflate \
  "$libraries/libpng.a" "$libraries/libz.a"
qemu-aarch64-static -L /usr/aarch64-linux-gnu -E LD_LIBRARY_PATH="$libraries:/usr/aarch64-linux-gnu/lib" \
  "$build/kernel_tests"
