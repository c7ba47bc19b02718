#!/usr/bin/env bash
# What a change must pass. CI calls this too.
#   check.sh               every check
#   check.sh NAME ...      these
#   check.sh ^NAME ...     all but these
#   check.sh quick         format layers cpu
# A check that can't run here is listed as skipped with the reason; CHECK_STRICT=1 makes that a failure.
set -euo pipefail
self=$(readlink -f "${BASH_SOURCE[0]}")
cd "$(dirname "$(dirname "$self")")"

all=(format layers unfinished cpu debug clang cuda asan tsan fuzz memcheck arm tidy package symbols locale readme bench)
quick=(format layers cpu)
logs=build/check

skip() {
  echo "$*" >"$CHECK_REASON"
  exit 77
}

need() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || skip "$tool is not installed"
  done
}

# Files of the repository, new ones included, one a line; arguments are git's patterns.
files() {
  local file
  git ls-files --cached --others --exclude-standard -- "$@" | while IFS= read -r file; do
    [[ ! -f $file ]] || printf '%s\n' "$file"
  done
}

need_git() {
  need git
  git rev-parse --git-dir >/dev/null 2>&1 || skip "this is not a git checkout"
}

build_preset() { # NAME [TARGET ...]
  local name=$1
  shift
  cmake --preset "$name"
  if [[ $# -gt 0 ]]; then
    cmake --build --preset "$name" --target "$@"
  else
    cmake --build --preset "$name"
  fi
}

# Many tests wait more than they work: hence four at a time.
test_preset() { # NAME
  build_preset "$1"
  ctest --preset "$1" --no-tests=error -j4
}

# The command is a target only where tools/ has one.
library_targets() { # BUILD_FOLDER
  echo plotmill
  cmake --build "$1" --target help | sed -n 's/^\(plotmill_cli\): phony$/\1/p'
}

build_shared() {
  cmake --preset cpu -B build/shared -DBUILD_SHARED_LIBS=ON -DPLOTMILL_TESTS=OFF
  cmake --build build/shared
}

check_format() {
  need_git
  need clang-format shellcheck python3
  local file
  local -a sources shells
  mapfile -t sources < <(files '*.cpp' '*.hpp' '*.h' '*.cu' '*.cuh')
  [[ ${#sources[@]} -eq 0 ]] || clang-format --dry-run -Werror "${sources[@]}"
  while IFS= read -r file; do
    if [[ $file == *.sh ]] || head -n 1 "$file" | grep -qaE '^#!.*[/ ](ba)?sh( |$)'; then shells+=("$file"); fi
  done < <(files)
  [[ ${#shells[@]} -eq 0 ]] || shellcheck "${shells[@]}"
  files '*.json' | python3 -c '
import json, sys
bad = 0
for name in sys.stdin.read().splitlines():
    try:
        with open(name, encoding="utf-8") as file:
            json.load(file)
    except ValueError as error:
        bad = 1
        print(f"{name}: {error}", file=sys.stderr)
sys.exit(bad)'
}

check_layers() {
  need python3 c++
  python3 tools/check_layers.py .
  local header
  for header in engine/plotmill/*.hpp; do
    c++ -fsyntax-only -std=c++20 -Wall -Wextra -Werror -Iengine -include "$header" -x c++ /dev/null
  done
}

check_unfinished() {
  need_git
  need python3
  local -a sources
  mapfile -t sources < <(files)
  python3 tools/check_unfinished.py "${sources[@]}"
}

check_cpu() { test_preset cpu; }
check_debug() { test_preset debug; }
check_asan() { test_preset asan; }

# Some tests start the command a hundred times each, and take most of the time under this sanitizer; the threads of all
# these runs are much the same. So one of them runs, another one after each commit.
check_tsan() {
  need_git
  build_preset tsan
  local -a many=(kill_points_test output_faults_test power_loss_test read_faults_test system_faults_test write_faults_test)
  local turn=$(($(git rev-list --count HEAD) % ${#many[@]}))
  echo "of ${many[*]}: ${many[turn]}" >"$CHECK_NOTE"
  unset "many[turn]"
  ctest --preset tsan --no-tests=error -j4 -E "^tools/($(IFS='|'; echo "${many[*]}"))$"
}
check_memcheck() {
  need valgrind python3
  build_preset cpu plotmill_cli
  python3 -B tests/tools/memcheck.py build/cpu/tools/plotmill
}
check_clang() {
  need clang++-14
  test_preset clang
}

# The kernels for GPUs: for each architecture what the assembler says of them, that nvcc refuses functions of the host in
# device code, and, executed without a GPU, that what it made of them draws what the CPU draws.
check_cuda() {
  need python3 c++filt
  local reason
  cmake --preset cpu -B build/cuda -DPLOTMILL_TESTS=ON -DCMAKE_CUDA_FLAGS=-Xptxas=-v | tee "$logs/cuda.configure"
  reason=$(sed -n 's/^-- No kernels for GPUs: //p' "$logs/cuda.configure")
  [[ -z $reason ]] || skip "$reason"
  # The assembler speaks only when it is called.
  find build/cuda -path '*/plotmill_cuda_kernels.dir/*.o' -delete
  cmake --build build/cuda --verbose --target plotmill_cuda_kernels 2>&1 | tee "$logs/ptxas.log"
  python3 tools/check_ptxas.py <"$logs/ptxas.log"
  if cmake --build build/cuda --target host_function >"$logs/host_function.log" 2>&1; then
    echo "nvcc compiles tests/kernels/compiled/host_function.cu; see kernels/block/device_code.hpp"
    return 1
  fi
  grep 'calling a constexpr __host__ function' "$logs/host_function.log" || { cat "$logs/host_function.log"; return 1; }
  cmake --build build/cuda --target check_ptx_75 check_ptx_90 -j2
}

# FUZZ_SECONDS=600 tools/check.sh fuzz is the long run.
check_fuzz() {
  need clang++-14
  clang++-14 -fsanitize=fuzzer -x c++ - -o "$logs/libfuzzer" \
    <<<'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }' || skip "clang 14 has no libFuzzer (package libclang-rt-14-dev)"
  tools/fuzz
}

check_arm() {
  need aarch64-linux-gnu-g++ qemu-aarch64-static apt-get
  tools/check_arm.sh
}

# Compiled sources of the project in a build's list of commands whose path below the clone matches.
compiled_sources() { # BUILD_FOLDER PATTERN
  sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' "$1/compile_commands.json" | grep -E "^$PWD/($2)$" | sort -u
}

run_tidy() { # BUILD_FOLDER CHECKS SOURCE ...
  local build=$1 checks=$2
  shift 2
  # The build is g++'s, and clang does not know all of its warnings.
  run-clang-tidy -quiet -p "$build" -j 2 -extra-arg=-Wno-unknown-warning-option -checks="$checks" \
    -header-filter="^$PWD/(engine|kernels|stages|tools)/.*[.][ch]pp$" "${@/%/\$}"
}

check_tidy() {
  need clang-tidy run-clang-tidy
  cmake --preset cpu
  cmake --preset cpu -B build/tidy -DCMAKE_UNITY_BUILD=ON -DPLOTMILL_TESTS=OFF
  # Not the generated sources, which would have to be built first, and not those of nvcc, whose options clang 14 does not
  # know; what they include is checked with the sources that execute it on the CPU.
  local own='(engine|kernels|stages|tools)/.*[.]cpp'
  local -a sources
  # Twelve sources at once: most of the time goes into the headers that they share. The file that includes them does so
  # on purpose.
  mapfile -t sources < <(compiled_sources build/tidy "$own|build/tidy/.*/Unity/.*[.]cxx")
  [[ ${#sources[@]} -gt 0 ]] || { echo "no source to check"; return 1; }
  run_tidy build/tidy -bugprone-suspicious-include "${sources[@]}"
  # A name that one source brings in without need may be used by the next one: these are looked at alone.
  mapfile -t sources < <(compiled_sources build/cpu "$own" |
    xargs grep -lE '^ *(using [A-Za-z_0-9:]+::[A-Za-z_0-9]+;|namespace [A-Za-z_0-9]+ = )' || true)
  [[ ${#sources[@]} -eq 0 ]] || run_tidy build/cpu '-*,misc-unused-using-decls,misc-unused-alias-decls' "${sources[@]}"
}

use_package() { # PREFIX FOLDER
  cmake -S tests/package -B "$2" -G Ninja -DCMAKE_PREFIX_PATH="$1" -DCMAKE_BUILD_TYPE=Release
  cmake --build "$2"
  "$2/package" </dev/null | tee "$2/out"
  grep -qx 'package: ok' "$2/out"
}

check_package() {
  local kind scratch file
  local -a targets
  scratch=$(mktemp -d)
  # shellcheck disable=SC2064  # the folder of now
  trap "rm -rf '$scratch'" EXIT
  cmake --preset cpu
  mapfile -t targets < <(library_targets build/cpu)
  cmake --build --preset cpu --target "${targets[@]}"
  build_shared
  for kind in cpu shared; do
    cmake --install "build/$kind" --prefix "$scratch/first/$kind" >/dev/null
    # A package that can be moved holds no path of where it was built or installed.
    mv "$scratch/first/$kind" "$scratch/$kind"
    if grep -rnE "$PWD|$scratch|/usr/(lib|include)" "$scratch/$kind" --include='*.cmake' --include='*.hpp'; then
      echo "the installed files hold paths of this machine"
      return 1
    fi
    use_package "$scratch/$kind" "$scratch/use-$kind"
    if [[ -e $scratch/$kind/bin/plotmill ]]; then
      "$scratch/$kind/bin/plotmill" version
      for file in man/man1/plotmill.1 bash-completion/completions/plotmill zsh/site-functions/_plotmill \
        plotmill/plotmill.schema.json; do
        [[ -s $scratch/$kind/share/$file ]] || { echo "share/$file is not installed"; return 1; }
      done
    fi
  done
}

check_symbols() {
  need nm python3
  build_shared
  local library
  library=$(find build/shared -name 'libplotmill.so')
  python3 tools/check_symbols.py "$library"
}

check_locale() {
  need localedef
  [[ -e /usr/share/i18n/locales/de_DE ]] || skip "the sources of de_DE are not installed (package locales)"
  mkdir -p build/locale
  # localedef ends with 1 where it only warns.
  [[ -d build/locale/de_DE.UTF-8 ]] || localedef --no-archive -i de_DE -f UTF-8 build/locale/de_DE.UTF-8 || [[ $? -eq 1 ]]
  export LOCPATH=$PWD/build/locale
  [[ $(LC_ALL=de_DE.UTF-8 locale decimal_point) == , ]] || { echo "the locale has no decimal comma"; return 1; }
  build_preset cpu
  # The variable is read by tests/support/main.cpp: a program keeps the C locale unless it asks. So the C++ tests alone.
  LC_ALL=de_DE.UTF-8 PLOTMILL_TEST_LOCALE=de_DE.UTF-8 ctest --preset cpu --no-tests=error -j4 -R '_tests/'
}

# A block of README.md is run where the line before its fence is <!-- run -->. All run in one shell, one after another.
check_readme() {
  need_git
  [[ -e README.md ]] || skip "there is no README.md"
  local scratch
  scratch=$(mktemp -d)
  # shellcheck disable=SC2064  # the folder of now
  trap "rm -rf '$scratch'" EXIT
  files | tar --create --files-from=- | tar --extract --directory="$scratch"
  {
    echo "set -euxo pipefail"
    awk '
      /^<!-- run -->$/ { marked = 1; next }
      marked && /^```sh$/ { inside = 1; marked = 0; next }
      inside && /^```$/ { inside = 0; next }
      inside { print; next }
      /./ { marked = 0 }' README.md
  } >"$scratch/.readme.sh"
  [[ $(wc -l <"$scratch/.readme.sh") -gt 1 ]] || { echo "README.md has no block to run"; return 1; }
  cd "$scratch"
  bash .readme.sh </dev/null
}

# That the benchmarks run and what they write is right; how fast anything is decides nothing here.
check_bench() {
  need cmake python3
  tools/bootstrap.sh bench || skip "the packages of tools/bootstrap.sh bench are not all there"
  build_preset release kernels_bench
  build/release/tests/bench/kernels_bench --benchmark_min_time=0.001 \
    --benchmark_filter='/(64x60|800x500)/100_points/1.4_px/smooth'
  tools/compare_peers --images 40 --python-images 4 --runs 1 --json build/release/peers.json \
    --markdown build/release/peers.md --plot build/release/peers.png
  tools/scale_run --count 250 --per-file 100 --size 64x60 --discard
}

require_check() {
  [[ " ${all[*]} " == *" $1 "* ]] || { echo "no check $1; there are: quick ${all[*]}" >&2; exit 2; }
}

# A process of its own for each check: only there does `set -e` hold, and a check may change folder and environment.
if [[ ${1:-} == --one ]]; then
  "check_$2"
  exit
fi

chosen=()
left_out=" "
for argument in "$@"; do
  case "$argument" in
    quick) chosen+=("${quick[@]}") ;;
    ^*)
      require_check "${argument#^}"
      left_out+="${argument#^} "
      ;;
    *)
      require_check "$argument"
      chosen+=("$argument")
      ;;
  esac
done
[[ ${#chosen[@]} -gt 0 ]] || chosen=("${all[@]}")

mkdir -p "$logs"
tools/bootstrap.sh check || echo "not everything could be installed; checks that lack something are skipped" >&2
passed=()
failed=()
skipped=()
begun=$SECONDS
for name in "${chosen[@]}"; do
  [[ $left_out != *" $name "* ]] || continue
  log=$logs/$name.log
  started=$SECONDS
  status=0
  printf '%-12s' "$name"
  CHECK_REASON=$PWD/$logs/$name.reason CHECK_NOTE=$PWD/$logs/$name.note bash "$self" --one "$name" >"$log" 2>&1 || status=$?
  if [[ $status -eq 0 ]]; then
    passed+=("$name")
    echo "passed   $((SECONDS - started)) s"
    [[ ! -e $logs/$name.note ]] || sed 's/^/            /' "$logs/$name.note"
  elif [[ $status -eq 77 && -s $logs/$name.reason ]]; then
    skipped+=("$name: $(<"$logs/$name.reason")")
    echo "skipped  $(<"$logs/$name.reason")"
  else
    failed+=("$name")
    echo "FAILED   $((SECONDS - started)) s; the end of $log:"
    tail -n 100 "$log" | sed 's/^/    /'
  fi
  rm -f "$logs/$name.reason" "$logs/$name.note"
done

echo
echo "passed:  ${passed[*]:-none}"
echo "failed:  ${failed[*]:-none}"
echo "seconds: $((SECONDS - begun))"
echo "skipped: ${#skipped[@]}"
[[ ${#skipped[@]} -eq 0 ]] || printf '  %s\n' "${skipped[@]}"
[[ ${#failed[@]} -eq 0 ]] || exit 1
[[ ${#skipped[@]} -eq 0 || ${CHECK_STRICT:-0} != 1 ]] || { echo "CHECK_STRICT=1: a skipped check is a failure"; exit 1; }
