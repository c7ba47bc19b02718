// Once every slot has been used, a run asks for no more memory.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <new>
#include <thread>

#include "plotmill/pipeline.hpp"

namespace {

std::atomic<std::uint64_t> n_allocations = 0;

void* allocate(std::size_t n_bytes) {
  ++n_allocations;
  if (void* const memory = std::malloc(n_bytes)) return memory;
  throw std::bad_alloc();
}

}  // namespace

// Those with an alignment are not replaced, so they and their deletes stay a pair.
void* operator new(std::size_t n_bytes) { return allocate(n_bytes); }
void* operator new[](std::size_t n_bytes) { return allocate(n_bytes); }
// std::stable_sort() asks with this one, and gives back with the others.
void* operator new(std::size_t n_bytes, const std::nothrow_t&) noexcept {
  ++n_allocations;
  return std::malloc(n_bytes);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace plotmill {
namespace {

constexpr std::uint64_t batch = 8;
constexpr std::uint64_t n_batches = 400;
constexpr std::uint64_t first_counted = 100;
constexpr std::uint64_t last_counted = 300;

/// What the stages of one run share.
struct Steps {
  std::size_t n_slots = 0;  ///< Known when the run starts.
  std::atomic<std::uint64_t> n_read = 0, n_drawn = 0, n_encoded = 0;
  std::uint64_t counted_from = 0;
  std::uint64_t counted_to = 0;

  /// Waits until as many batches are there, but not for ever.
  static void wait_for(const std::atomic<std::uint64_t>& n, std::uint64_t wanted) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (n < wanted && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
};

class SteadyReader final : public Reader {
 public:
  explicit SteadyReader(Steps& steps) : steps_(steps) {}
  void declare(Options&) override {}
  SeriesShape open(const RunSetup&) override { return {4, batch * n_batches}; }
  bool read(Sequences& out, std::size_t at_most) override {
    if (next_ == 0) out.new_groups.emplace_back();
    while (out.size() < at_most) {
      for (double& value : out.append({0, next_++})) value = 1;
    }
    ++steps_.n_read;
    return next_ < batch * n_batches;
  }

 private:
  Steps& steps_;
  std::uint64_t next_ = 0;
};

class SteadyDrawer final : public Drawer {
 public:
  explicit SteadyDrawer(Steps& steps) : steps_(steps) {}
  void declare(Options&) override {}
  ImageShape prepare(const SeriesShape&, const RunSetup&) override { return {2, 1}; }
  [[nodiscard]] Footprint footprint() const override { return {1000, 1000}; }
  void draw(const SequencesView& in, Ink& out, std::size_t) override {
    // The first two meet, so that two have been at work at once.
    if (steps_.n_drawn++ < 2) Steps::wait_for(steps_.n_drawn, 2);
    for (std::size_t i = 0; i < in.n_series; ++i) {
      out.row_begin.push_back(0);
      out.coverage_begin.push_back(0);
    }
  }

 private:
  Steps& steps_;
};

class SteadyWriter final : public Writer {
 public:
  explicit SteadyWriter(Steps& steps) : steps_(steps) {}
  void declare(Options&) override {}
  void open(const ImageShape&, const SeriesShape&, const RunSetup&) override {}
  [[nodiscard]] Footprint footprint() const override { return {100, 100}; }
  void encode(BatchPosition, const Ink& ink, Encoded& out, std::size_t) override {
    if (steps_.n_encoded++ < 2) Steps::wait_for(steps_.n_encoded, 2);
    for (std::size_t i = 0; i < ink.n_images(); ++i) {
      out.bytes.push_back(0);
      out.begin.push_back(out.bytes.size());
    }
  }
  void commit(BatchPosition position, const Sequences&, const Encoded&) override {
    // Until every slot holds a batch, which then passes all stages before what is counted.
    if (position.batch == 0) Steps::wait_for(steps_.n_read, steps_.n_slots);
    if (position.batch == first_counted) steps_.counted_from = n_allocations;
    if (position.batch == last_counted) steps_.counted_to = n_allocations;
  }
  void finish() override {}
  void abandon() noexcept override {}
  [[nodiscard]] std::uint64_t bytes_written() const noexcept override { return 0; }

 private:
  Steps& steps_;
};

}  // namespace

TEST_CASE("engine: a run in its steady state allocates nothing, with a trace or without") {
  struct Case {
    const char* threads;
    bool traced;
  };
  for (const auto& [threads, traced] : {Case{"1", false}, Case{"2", false}, Case{"1", true}, Case{"2", true}}) {
    CAPTURE(threads);
    CAPTURE(traced);
    Steps steps;
    // One thread meets nobody.
    if (*threads == '1') steps.n_drawn = steps.n_encoded = 2;
    Registry registry;
    registry.add({.type = "read", .summary = "Reads.", .make = [&] {
                    return std::unique_ptr<Reader>(new SteadyReader(steps));
                  }});
    registry.add({.type = "draw", .summary = "Draws.", .make = [&] {
                    return std::unique_ptr<Drawer>(new SteadyDrawer(steps));
                  }});
    registry.add({.type = "write", .summary = "Writes.", .make = [&] {
                    return std::unique_ptr<Writer>(new SteadyWriter(steps));
                  }});
    Pipeline pipeline =
        Pipeline::from_json(std::string(R"({"plotmill": 1, "run": {"batch": 8, "threads": )") + threads +
                                R"(}, "stages": [{"id": "in", "type": "read"}, {"id": "charts", "type": "draw"},
                                                 {"id": "store", "type": "write"}]})",
                            {}, registry);
    Trace trace;
    RunOptions options;
    if (traced) options.trace = &trace;
    options.on_start = [&](const RunPlan& plan) { steps.n_slots = plan.batches_in_flight; };
    CHECK(pipeline.run(options).images == batch * n_batches);
    CHECK(trace.spans.size() == (traced ? 4 * n_batches + 1 : 0));
    CHECK(steps.n_slots > 1);
    CHECK(steps.counted_from > 0);
    CHECK(steps.counted_to - steps.counted_from == 0);
  }
}

}  // namespace plotmill
