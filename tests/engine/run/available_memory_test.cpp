// What `run.memory: "auto"` comes to on machines that are folders with the files of /proc and /sys.
#include "engine/run/available_memory.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "support/temp_dir.hpp"

namespace plotmill {
namespace {

using namespace test;

constexpr std::uint64_t MiB = std::uint64_t{1} << 20U;

class Machine {
 public:
  Machine& with(const std::string& file, const std::string& text) {
    const std::filesystem::path path = folder_.path() / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return *this;
  }
  [[nodiscard]] std::optional<std::uint64_t> available() const { return available_memory(folder_.path()); }

 private:
  TempDir folder_;
};

const std::string meminfo = "MemTotal:       16000000 kB\nMemFree:  100 kB\nMemAvailable:   8388608 kB\n";

}  // namespace

TEST_CASE("available memory: what the machine has free, where no limit is lower") {
  CHECK_FALSE(Machine().available());
  CHECK(Machine().with("proc/meminfo", meminfo).available() == 8192 * MiB);
  Machine unlimited;
  unlimited.with("proc/meminfo", meminfo).with("proc/self/cgroup", "0::/\n").with("sys/fs/cgroup/memory.max", "max\n");
  CHECK(unlimited.available() == 8192 * MiB);
}

TEST_CASE("available memory: limits of control groups, less what is used, files that are cached aside") {
  Machine two;
  two.with("proc/meminfo", meminfo).with("proc/self/cgroup", "0::/jobs/one\n");
  two.with("sys/fs/cgroup/jobs/one/memory.max", "max\n").with("sys/fs/cgroup/jobs/memory.max", "4294967296\n");
  CHECK(two.available() == 4096 * MiB);
  two.with("sys/fs/cgroup/jobs/memory.current", "3221225472\n");
  CHECK(two.available() == 1024 * MiB);
  two.with("sys/fs/cgroup/jobs/memory.stat", "anon 5\ninactive_file 1073741824\nactive_file 7\n");
  CHECK(two.available() == 2048 * MiB);
  two.with("sys/fs/cgroup/jobs/one/memory.max", "1073741824\n");
  CHECK(two.available() == 1024 * MiB);
  two.with("sys/fs/cgroup/jobs/one/memory.current", "2073741824\n");
  CHECK(two.available() == 0);

  Machine one;
  one.with("proc/meminfo", meminfo).with("proc/self/cgroup", "11:cpu,memory:/docker/a\n3:pids:/\n0::/\n");
  one.with("sys/fs/cgroup/memory/docker/a/memory.limit_in_bytes", "2147483648\n");
  one.with("sys/fs/cgroup/memory/docker/a/memory.usage_in_bytes", "1610612736\n");
  one.with("sys/fs/cgroup/memory/docker/a/memory.stat", "total_inactive_file 1073741824\n");
  one.with("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  CHECK(one.available() == 1536 * MiB);
}

TEST_CASE("available memory: auto is half of it, the same for small differences, and never too little to run") {
  CHECK(auto_memory({}) == 1024 * MiB);
  CHECK(auto_memory(16384 * MiB) == 8192 * MiB);
  CHECK(auto_memory(31000 * MiB) == 8192 * MiB);
  CHECK(auto_memory(1024 * MiB) == 512 * MiB);
  CHECK(auto_memory(10 * MiB) == 64 * MiB);
  CHECK(auto_memory(0) == 64 * MiB);
}

}  // namespace plotmill
