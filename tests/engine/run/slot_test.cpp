// What the pool of slots promises: whoever waits for a slot gets it, a slot comes back empty, and stop() wakes all.
#include "engine/run/slot.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <thread>
#include <vector>

namespace plotmill {
namespace {

constexpr std::chrono::seconds time_limit(10);

SlotPool pool_of(std::size_t n_slots) { return {n_slots, 4, {{2, 1}, {3, 5}}, 2}; }

}  // namespace

TEST_CASE("slot: who waits for the only slot gets it each time that it is given back") {
  constexpr int n_turns = 2'000;
  SlotPool pool = pool_of(1);
  std::atomic<Slot*> taken = nullptr;
  Slot end;
  // Gives back at once what was taken: nothing else would wake a take() that missed it.
  std::thread giver([&] {
    for (;;) {
      taken.wait(nullptr);
      Slot* const slot = taken.exchange(nullptr);
      if (slot == &end) return;
      pool.give_back(slot);
    }
  });
  std::atomic<int> n_done = 0;
  std::future<void> turns = std::async(std::launch::async, [&] {
    for (; n_done < n_turns; ++n_done) {
      Slot* const slot = pool.take();
      if (slot == nullptr) return;
      taken = slot;
      taken.notify_one();
    }
  });
  // On a busy machine all turns take long, but not one of them.
  for (int before = -1; turns.wait_for(time_limit) != std::future_status::ready; before = n_done) {
    if (n_done == before) pool.stop();
  }
  CHECK(n_done == n_turns);
  taken = &end;
  taken.notify_one();
  giver.join();
}

TEST_CASE("slot: a slot comes back empty, keeps its memory, and the one used last is used next") {
  SlotPool pool = pool_of(3);
  CHECK(pool.size() == 3);
  CHECK(pool.n_taken() == 0);
  Slot* const slot = pool.take();
  Slot* const other = pool.take();
  REQUIRE(slot != nullptr);
  CHECK(slot != other);
  CHECK(pool.n_taken() == 2);
  CHECK(slot->series.n_points == 4);
  REQUIRE(slot->ink.size() == 2);
  CHECK(slot->ink[1].shape == ImageShape{3, 5});
  REQUIRE(slot->encoded.size() == 2);

  (void)slot->series.append({});
  slot->series.new_groups.emplace_back("A");
  slot->series.bad.emplace_back();
  const double* const values = slot->series.values.data();
  for (Ink& ink : slot->ink) {
    ink.append_blank();
    ink.runs.push_back({0, 1});
    ink.coverage.push_back(9);
  }
  for (Encoded& encoded : slot->encoded) {
    encoded.bytes.push_back(7);
    encoded.begin.push_back(1);
  }
  pool.count(*slot, 100);
  pool.count(*other, 20);
  pool.count(*slot, 3);
  CHECK(pool.n_bytes() == 123);

  pool.give_back(slot);
  CHECK(pool.n_bytes() == 20);
  CHECK(pool.n_taken() == 1);
  CHECK(pool.take() == slot);
  CHECK(slot->series.size() == 0);
  CHECK(slot->series.values.empty());
  CHECK(slot->series.new_groups.empty());
  CHECK(slot->series.bad.empty());
  CHECK(slot->series.append({}).data() == values);
  for (const Ink& ink : slot->ink) {
    CHECK(ink.n_images() == 0);
    CHECK(ink.row_begin == std::vector<std::uint32_t>{0});
    CHECK(ink.runs.empty());
    CHECK(ink.coverage.empty());
  }
  for (const Encoded& encoded : slot->encoded) {
    CHECK(encoded.n_items() == 0);
    CHECK(encoded.bytes.empty());
  }
  pool.give_back(slot);
  CHECK(pool.n_bytes() == 20);
}

TEST_CASE("slot: stop() wakes all that wait, and nothing is given out after it") {
  SlotPool pool = pool_of(2);
  Slot* const slot = pool.take();
  (void)pool.take();
  std::vector<std::future<Slot*>> waiting(3);
  for (auto& each : waiting) each = std::async(std::launch::async, [&] { return pool.take(); });
  // One that has not begun to wait yet is told, too.
  for (const auto& each : waiting) CHECK(each.wait_for(std::chrono::milliseconds(20)) == std::future_status::timeout);
  pool.stop();
  for (auto& each : waiting) {
    if (each.wait_for(time_limit) != std::future_status::ready) {
      FAIL_CHECK("not woken");
      pool.stop();
    }
    CHECK(each.get() == nullptr);
  }
  pool.give_back(slot);
  CHECK(pool.take() == nullptr);
}

}  // namespace plotmill
