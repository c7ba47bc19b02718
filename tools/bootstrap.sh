#!/usr/bin/env bash
# Installs the Debian or Ubuntu packages that are missing, and says nothing when none is:
#   bootstrap.sh build|test|check|bench      check includes test; test and bench include build
set -euo pipefail
exec >&2

build=(g++ cmake ninja-build libtbb-dev libhdf5-dev libjpeg-dev libhwy-dev libisal-dev libxxhash-dev zlib1g-dev libfmt-dev nlohmann-json3-dev libcli11-dev)
test=(git ccache doctest-dev libdeflate-dev libpng-dev python3 python3-h5py python3-numpy python3-jsonschema python3-matplotlib
  python3-skimage)
check=(chromium clang libclang-rt-14-dev clang-format clang-tidy shellcheck locales valgrind libc6-dbg g++-aarch64-linux-gnu qemu-user-static)
bench=(libbenchmark-dev libopencv-core-dev libopencv-imgproc-dev python3 python3-h5py python3-numpy python3-matplotlib
  python3-pil python3-cairo)

case "${1:-}" in
  build) packages=("${build[@]}") ;;
  test) packages=("${build[@]}" "${test[@]}") ;;
  check) packages=("${build[@]}" "${test[@]}" "${check[@]}") ;;
  bench) packages=("${build[@]}" "${bench[@]}") ;;
  *) echo "usage: bootstrap.sh build|test|check|bench"; exit 2 ;;
esac

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  # Other systems name their packages otherwise. Only what is plainly absent is worth a word: the configure step finds
  # missing libraries by itself.
  for tool in c++ cmake ninja; do
    command -v "$tool" >/dev/null && continue
    echo "plotmill: $tool is missing, and there is no apt-get here to install it with."
    echo "plotmill needs a C++20 compiler, CMake 3.25, Ninja and the development files of oneTBB, HDF5 (C), libjpeg-turbo,"
    echo "Highway, ISA-L, zlib, xxHash, fmt, nlohmann-json 3.11 and CLI11; its tests also doctest, libdeflate, libpng and Python with h5py, numpy,"
    echo "jsonschema, matplotlib and scikit-image; its benchmarks Google Benchmark, OpenCV (core, imgproc) and Python with h5py, numpy,"
    echo "matplotlib, Pillow and pycairo. As Debian names them: ${packages[*]}"
    exit 1
  done
  exit 0
fi

# A package counts where it is fully installed; dpkg-query also knows those that were removed.
installed=$(dpkg-query --show --showformat='${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null | sed -n 's/^installed //p' || true)
missing=()
for package in "${packages[@]}"; do
  grep -qxF -- "$package" <<<"$installed" || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "plotmill: packages are missing, and this is neither root nor is there sudo. Have an administrator run:"
    echo "  apt-get update && apt-get install --yes --no-install-recommends ${missing[*]}"
    exit 1
  fi
  as_root=(sudo)
fi
echo "plotmill: installing ${missing[*]}"
"${as_root[@]}" apt-get update --quiet=2 </dev/null
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install --quiet=2 --yes --no-install-recommends "${missing[@]}" </dev/null
