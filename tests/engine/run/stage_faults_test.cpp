// Every step of every kind of stage x every way to fail: one error with the stage's place, every opened writer
// abandoned, and the same pipeline runs once the fault is gone.
#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <new>
#include <thread>

#include "support/flow_stages.hpp"

namespace plotmill {
namespace {

using namespace test;

Error error_of(Pipeline& pipeline) {
  try {
    (void)pipeline.run();
  } catch (const Error& error) {
    return error;
  }
  FAIL("no error");
  return {ErrorKind::internal, "no error"};
}

struct StepOf {
  const char* step;
  std::uint64_t batch;
  const char* place;
};

constexpr StepOf steps[] = {
    {"open reader", 0, "in (flow_read)"}, {"read", 0, "in (flow_read)"},       {"read", 3, "in (flow_read)"},
    {"prepare", 0, "charts (flow_draw)"}, {"draw", 4, "charts (flow_draw)"},   {"open writer", 1, "store (flow_write)"},
    {"learn", 1, "store (flow_write)"},   {"encode", 4, "store (flow_write)"}, {"commit", 0, "store (flow_write)"},
    {"commit", 4, "store (flow_write)"},  {"finish", 1, "store (flow_write)"},
};

struct Way {
  void (*fail)();
  ErrorKind kind;
  const char* text;
};

constexpr Way ways[] = {
    {[] { throw Error(ErrorKind::io, "file", "planted"); }, ErrorKind::io, " file: planted"},
    {[] { throw std::bad_alloc(); }, ErrorKind::out_of_memory,
     ": the system refused memory; a smaller run.memory or run.batch needs less"},
    {[] { throw std::runtime_error("planted"); }, ErrorKind::internal, ": the stage failed unexpectedly: planted"},
    {[] { throw 1; }, ErrorKind::internal, ": the stage failed with an exception that is no std::exception"},
};

/// A reader or drawer that gives too little or too much of something from batch 2 on.
class CarelessReader final : public Reader {
 public:
  explicit CarelessReader(std::size_t n_given, bool more) : n_given_(n_given), more_(more) {}
  void declare(Options&) override {}
  SeriesShape open(const RunSetup&) override { return {2, std::nullopt}; }
  bool read(Sequences& out, std::size_t at_most) override {
    const bool is_careless = ++n_batches_ > 2;
    if (n_batches_ == 1) out.new_groups.emplace_back();
    for (std::size_t i = 0; i < (is_careless ? n_given_ : at_most); ++i) out.append({})[0] = 1;
    return !is_careless || more_;
  }

 private:
  std::size_t n_given_;
  bool more_;
  int n_batches_ = 0;
};

class CarelessDrawer final : public Drawer {
 public:
  explicit CarelessDrawer(std::size_t n_given) : n_given_(n_given) {}
  void declare(Options&) override {}
  ImageShape prepare(const SeriesShape&, const RunSetup&) override { return {2, 1}; }
  [[nodiscard]] Footprint footprint() const override { return {1000, 1000}; }
  void draw(const SequencesView&, Ink& out, std::size_t) override {
    for (std::size_t i = 0; i < n_given_; ++i) {
      out.row_begin.push_back(0);
      out.coverage_begin.push_back(0);
    }
  }

 private:
  std::size_t n_given_;
};

}  // namespace

TEST_CASE("stage faults: every step of every stage fails in every way") {
  for (const StepOf& at : steps) {
    for (const Way& way : ways) {
      CAPTURE(std::string(at.step));
      CAPTURE(std::string(way.text));
      FlowScript script;
      script.n_series = 20;
      script.n_learned_images = 1;
      bool has_failed = false;
      // The writer of the run is number 1; number 0 belongs to the check of the definition.
      script.on = [&](const std::string& step, std::uint64_t batch) {
        if (step != at.step || batch != at.batch) return;
        has_failed = true;
        way.fail();
      };
      auto pipeline = flow_pipeline(script, R"("batch": 2, "threads": 2)");
      const Error error = error_of(pipeline);
      CHECK(has_failed);
      CHECK(error.kind() == way.kind);
      CHECK(std::string(error.what()) == std::string(at.place) + way.text);
      const bool was_opened = std::string(at.step) != "open reader" && std::string(at.step) != "prepare";
      CHECK(script.n_abandoned == (was_opened ? 1 : 0));
      CHECK(script.n_finished == 0);
      script.on = [](const std::string&, std::uint64_t) {};
      CHECK(pipeline.run().images == 20);
    }
  }
}

TEST_CASE("stage faults: every step that may wait hangs") {
  for (const std::string hanging : {"read", "draw", "learn", "encode", "commit", "finish"}) {
    CAPTURE(hanging);
    FlowScript script;
    script.n_learned_images = 1;
    std::promise<void> release;
    const std::shared_future<void> released = release.get_future().share();
    script.on = [&](const std::string& step, std::uint64_t) {
      if (step == hanging) released.wait();
    };
    auto pipeline = flow_pipeline(script, R"("batch": 1, "threads": 2, "stall_timeout": 0.2)");
    const int destroyed_before = script.n_destroyed;
    const Error error = error_of(pipeline);
    const std::string text = error.what();
    CAPTURE(text);
    CHECK(error.kind() == ErrorKind::stalled);
    const bool stores = hanging == "commit" || hanging == "finish";
    CHECK(text.find(stores ? "nothing moved for 2 s (ten times run.stall_timeout, as "
                           : "nothing moved for 0 s (run.stall_timeout)") != std::string::npos);
    release.set_value();
    for (int i = 0; i < 500 && script.n_destroyed == destroyed_before; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    CHECK(script.n_destroyed == destroyed_before + 1);
  }
}

TEST_CASE("stage faults: batches that are short, too long or empty") {
  struct Case {
    std::size_t n_read;
    bool more;
    std::size_t n_drawn;
    const char* message;
  };
  for (const Case& c : {
           Case{3, true, 4,
                "in (careless_read): read() gave 3 series of a batch of 4; every batch but the last is full"},
           Case{0, true, 4,
                "in (careless_read): read() gave 0 series of a batch of 4; every batch but the last is full"},
           Case{5, true, 4,
                "in (careless_read): read() gave 5 series of a batch of 4; every batch but the last is full"},
           Case{5, false, 4,
                "in (careless_read): read() gave 5 series of a batch of 4; every batch but the last is full"},
           Case{0, false, 3, "charts (careless_draw): draw() gave 3 images for 4 series"},
           Case{0, false, 0, "charts (careless_draw): draw() gave 0 images for 4 series"},
           Case{0, false, 5, "charts (careless_draw): draw() gave 5 images for 4 series"},
           // Allowed: a last batch of 3, and one of none.
           Case{0, false, 4, ""},
       }) {
    CAPTURE(std::string(c.message));
    FlowScript script;
    Registry registry = flow_registry(script);
    registry.add({.type = "careless_read", .summary = "Reads too little.", .make = [&] {
                    return std::unique_ptr<Reader>(new CarelessReader(c.n_read, c.more));
                  }});
    registry.add({.type = "careless_draw", .summary = "Draws too little.", .make = [&] {
                    return std::unique_ptr<Drawer>(new CarelessDrawer(c.n_drawn));
                  }});
    auto pipeline = Pipeline::from_json(
        R"({"plotmill": 1, "run": {"batch": 4}, "stages": [{"id": "in", "type": "careless_read"},
            {"id": "charts", "type": "careless_draw"}, {"id": "store", "type": "flow_write"}]})",
        {}, std::move(registry));
    if (*c.message == '\0') {
      CHECK(pipeline.run().images == 8);
      continue;
    }
    const Error error = error_of(pipeline);
    CHECK(error.kind() == ErrorKind::internal);
    CHECK(std::string(error.what()) == c.message);
    CHECK(script.n_abandoned == 1);
    CHECK(script.n_finished == 0);
  }
}

}  // namespace plotmill
