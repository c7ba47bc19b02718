// The threads that verify: how much they hold, and what becomes of what they throw.
#include "stages/verify/workers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>

using namespace plotmill;

namespace {

constexpr std::size_t most = VerifyWorkers::most_bytes;

void rest() { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }

/// What finish() or add() throws, or "".
template <class Call>
std::string thrown_by(Call call) {
  try {
    call();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("verify workers: what waits and is in work never holds more than its bound, or is one piece") {
  VerifyWorkers workers(2);
  std::atomic<std::size_t> held{0};
  std::size_t greatest = 0;
  for (const std::size_t n_bytes : {most / 4, most / 2, most, 3 * most, most / 4, std::size_t{1}, most}) {
    for (int i = 0; i < 10; ++i) {
      // Taken off before the item is done, and put on after there was room for it: never more than is held.
      workers.add(n_bytes, [&held, n_bytes](VerifyScratch&) {
        rest();
        held -= n_bytes;
      });
      greatest = std::max(greatest, held += n_bytes);
      CHECK(static_cast<std::int64_t>(held) <= static_cast<std::int64_t>(std::max(most, n_bytes)));
    }
  }
  workers.finish();
  CHECK(held == 0);
  CHECK(greatest >= most);
}

TEST_CASE("verify workers: finish waits for all work, and the threads can work on") {
  VerifyWorkers workers(3);
  std::atomic<int> n_done{0};
  for (int round = 1; round <= 3; ++round) {
    for (int i = 0; i < 20; ++i) {
      workers.add(1, [&](VerifyScratch&) {
        rest();
        ++n_done;
      });
    }
    workers.finish();
    CHECK(n_done == 20 * round);
  }
}

TEST_CASE("verify workers: what work throws is thrown where work is handed out, once") {
  for (const std::size_t n_threads : {std::size_t{0}, std::size_t{2}}) {
    CAPTURE(n_threads);
    VerifyWorkers workers(n_threads);
    const auto fail = [](VerifyScratch&) { throw std::runtime_error("no memory"); };
    CHECK(thrown_by([&] {
            workers.add(1, fail);
            workers.finish();
          }) == "no memory");
    CHECK(thrown_by([&] { workers.finish(); }).empty());
    // One that has to wait for room is told of it, too.
    CHECK(thrown_by([&] {
            for (int i = 0; i < 100; ++i) workers.add(most, fail);
          }) == "no memory");
    workers.leave();
    CHECK(thrown_by([&] { workers.finish(); }).empty());
  }
}

TEST_CASE("verify workers: after leave nothing runs, and what it refers to may go away") {
  VerifyWorkers workers(2);
  int n_left = 0;
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> n_begun{0};
    std::atomic<int> n_ended{0};
    for (int i = 0; i < 50; ++i) {
      workers.add(1, [&](VerifyScratch&) {
        ++n_begun;
        rest();
        ++n_ended;
      });
    }
    while (n_begun == 0) std::this_thread::yield();
    workers.leave();
    const int n = n_begun;
    CHECK(n_ended == n);
    n_left += 50 - n;
    rest();
    CHECK(n_begun == n);
  }
  CHECK(n_left > 0);
}
