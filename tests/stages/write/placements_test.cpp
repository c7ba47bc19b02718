// What is left to do of committed batches is done once, whoever comes first, and a failure is never forgotten.
#include "stages/write/placements.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

using namespace plotmill;

namespace {

void wait_for(const std::atomic<bool>& what) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!what && std::chrono::steady_clock::now() < end) std::this_thread::yield();
}

}  // namespace

TEST_CASE("placements: a batch's run() does what is its own and what is shared, run_all() the rest, each once") {
  Placements placements;
  std::string done;
  placements.add(1, [&] { done += '1'; });
  placements.add_shared([&] { done += 's'; });
  placements.add(2, [&] { done += '2'; });
  placements.add(1, [&] { done += 'a'; });
  CHECK_FALSE(placements.shared_is_done());
  placements.run(1);
  CHECK(done == "1as");
  CHECK(placements.shared_is_done());
  placements.run_all();
  CHECK(done == "1as2");
  placements.run(2);
  placements.run_all();
  CHECK(done == "1as2");
}

TEST_CASE("placements: run() waits for what another thread does of its batch, run_all() for all") {
  Placements placements;
  std::atomic<bool> begun = false;
  std::atomic<bool> may_end = false;
  std::atomic<bool> ended = false;
  placements.add(7, [&] {
    begun = true;
    wait_for(may_end);
    ended = true;
  });
  std::thread other([&] { placements.run_all(); });
  wait_for(begun);
  std::thread opener([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    may_end = true;
  });
  SUBCASE("run()") { placements.run(7); }
  SUBCASE("run_all()") { placements.run_all(); }
  CHECK(ended);
  other.join();
  opener.join();
}

TEST_CASE("placements: what fails is told by run(), then by each run_all(), and keeps nothing else from being done") {
  Placements placements;
  int n_done = 0;
  placements.add(1, [] { throw std::runtime_error("no room"); });
  placements.add(1, [&] { ++n_done; });
  placements.add(2, [&] { ++n_done; });
  CHECK_THROWS_WITH(placements.run(1), "no room");
  CHECK(n_done == 1);
  CHECK_NOTHROW(placements.run(2));
  CHECK(n_done == 2);
  CHECK_THROWS_WITH(placements.run_all(), "no room");
  CHECK_THROWS_WITH(placements.run_all(), "no room");
}
