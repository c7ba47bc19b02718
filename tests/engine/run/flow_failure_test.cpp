// What happens when something goes wrong in a run: one error with its place, everything drained, nothing finished.
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

}  // namespace

TEST_CASE("flow: an exception in any place ends the run with that error, its place, and every writer abandoned") {
  struct Case {
    const char* step;
    std::uint64_t batch;
    const char* place;
  };
  for (const Case& c : {Case{"open reader", 0, "in (flow_read)"}, Case{"prepare", 0, "charts (flow_draw)"},
                        Case{"open writer", 2, "store (flow_write)"}, Case{"learn", 2, "store (flow_write)"},
                        Case{"read", 3, "in (flow_read)"}, Case{"draw", 5, "charts (flow_draw)"},
                        Case{"encode", 5, "store (flow_write)"}, Case{"commit", 5, "store (flow_write)"},
                        Case{"finish", 2, "store (flow_write)"}}) {
    for (const int threads : {1, 3}) {
      FlowScript script;
      script.n_series = 50;
      script.n_learned_images = 1;
      script.on = [&](const std::string& step, std::uint64_t batch) {
        if (step == c.step && batch == c.batch) throw Error(ErrorKind::io, "planted");
      };
      auto pipeline = flow_pipeline(script, "\"batch\": 1, \"threads\": " + std::to_string(threads), R"(,
          {"id": "again", "type": "flow_write", "from": "charts"})");
      // Writers 0 and 1 belong to the check of the definition; 2 and 3 to the run.
      REQUIRE(script.stored.size() == 2);
      const Error error = error_of(pipeline);
      CAPTURE(std::string(c.step));
      CHECK(error.kind() == ErrorKind::io);
      const std::string text = error.what();
      CAPTURE(text);
      const bool second_writer = c.place[0] == 's' && text.starts_with("again (flow_write)");
      CHECK((text.starts_with(c.place) || second_writer));
      CHECK(std::string(error.what()).ends_with("planted"));
      const int n_opened = c.step == std::string("open reader") || c.step == std::string("prepare") ? 0
                           : c.step == std::string("open writer")                                   ? 1
                                                                                                    : 2;
      CHECK(script.n_abandoned + script.n_finished == n_opened);
      if (c.step != std::string("finish")) CHECK(script.n_finished == 0);
      // The same pipeline runs again once the fault is gone.
      script.on = [](const std::string&, std::uint64_t) {};
      CHECK(pipeline.run().images == 50);
    }
  }
}

TEST_CASE("flow: a writer whose finish() returned is not abandoned when another one's fails meanwhile") {
  FlowScript script;
  std::promise<void> begun;
  std::promise<void> failed;
  const std::shared_future<void> has_begun = begun.get_future().share();
  const std::shared_future<void> has_failed = failed.get_future().share();
  // Writers 0 and 1 belong to the check of the definition; 2 and 3 to the run.
  script.on = [&](const std::string& step, std::uint64_t writer) {
    if (step != "finish") return;
    if (writer == 3) {
      // A finish() that has not begun when the run fails is not called.
      has_begun.wait();
      failed.set_value();
      throw Error(ErrorKind::io, "planted");
    }
    begun.set_value();
    has_failed.wait();
    // Until the run knows.
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  };
  auto pipeline = flow_pipeline(script, "", R"(, {"id": "again", "type": "flow_write", "from": "charts"})");
  CHECK(std::string(error_of(pipeline).what()) == "again (flow_write): planted");
  CHECK(script.n_finished == 1);
  CHECK(script.n_abandoned == 1);
}

TEST_CASE("flow: what fails after the first error, and because the run ends, takes nothing from it") {
  FlowScript script;
  std::atomic<Pulse*> pulse = nullptr;
  std::atomic<bool> commits = false;
  script.on_image = [&](Pulse& of_run) { pulse = &of_run; };
  script.on = [&](const std::string& step, std::uint64_t batch) {
    if (step == "read" && batch == 4) {
      while (!commits) std::this_thread::yield();
      throw Error(ErrorKind::input, "first");
    }
    if (step != "commit" || batch != 0) return;
    commits = true;
    // Fails once the run is known to have failed.
    while (!pulse.load()->is_stopped()) std::this_thread::yield();
    throw Error(ErrorKind::io, "second");
  };
  auto pipeline = flow_pipeline(script, R"("batch": 10, "threads": 2)");
  CHECK(std::string(error_of(pipeline).what()) == "in (flow_read): first");
}

TEST_CASE("flow: an error about one series tells its image, group and row") {
  FlowScript script;
  script.on = [](const std::string& step, std::uint64_t batch) {
    if (step == "draw" && batch == 2) throw Error(ErrorKind::input, "is flat").about_series(3);
  };
  auto pipeline = flow_pipeline(script, R"("batch": 10, "threads": 1)");
  CHECK(std::string(error_of(pipeline).what()) ==
        "charts (flow_draw) image 23 (of in (flow_read), group \"odd\", data row 230): is flat");
}

TEST_CASE("flow: an error about one series tells its image also where series before it are blank") {
  struct Case {
    std::vector<std::uint64_t> bad;
    std::uint64_t first, n;  // The drawer is given what lies between two blank ones, and counts from there.
  };
  for (const Case& c : {Case{{0, 3, 14}, 15, 5}, {{1, 4, 21, 22}, 23, 7}, {{9, 20}, 21, 9}}) {
    FlowScript script;
    script.n_series = 30;
    script.bad_series = c.bad;
    // Of all that is drawn, this quotient is only that one's.
    script.on = [&](const std::string& step, std::uint64_t quotient) {
      if (step == "draw" && quotient == c.first / c.n) throw Error(ErrorKind::input, "is flat").about_series(4);
    };
    auto pipeline = flow_pipeline(script, R"("batch": 10, "threads": 1, "on_bad_series": "blank")");
    const std::uint64_t image = c.first + 4;
    CHECK(std::string(error_of(pipeline).what()) ==
          "charts (flow_draw) image " + std::to_string(image) + " (of in (flow_read), group \"" +
              (image % 2 == 0 ? "even" : "odd") + "\", data row " + std::to_string(10 * image) + "): is flat");
  }
}

TEST_CASE("flow: an input that can't be known again is no promise that --resume goes on") {
  FlowScript script;
  script.n_stored = 5;
  script.on = [](const std::string& step, std::uint64_t batch) {
    if (step == "commit" && batch == 1) throw Error(ErrorKind::io, "planted");
  };
  auto pipeline = flow_pipeline(script, R"("batch": 10, "threads": 1)");
  CHECK(std::string(error_of(pipeline).what()) ==
        "store (flow_write): planted; 5 images are kept, but the input can't be known again (a pipe), so that --resume "
        "can't go on");
}

TEST_CASE("flow: exceptions of other kinds become errors with a place") {
  FlowScript script;
  auto pipeline = flow_pipeline(script);
  script.on = [](const std::string& step, std::uint64_t) {
    if (step == "encode") throw std::bad_alloc();
  };
  CHECK(error_of(pipeline).kind() == ErrorKind::out_of_memory);
  script.on = [](const std::string& step, std::uint64_t) {
    if (step == "commit") throw std::runtime_error("surprise");
  };
  const Error error = error_of(pipeline);
  CHECK(error.kind() == ErrorKind::internal);
  CHECK(std::string(error.what()) == "store (flow_write): the stage failed unexpectedly: surprise");
}

TEST_CASE("flow: cancel from another thread stops a run without end") {
  FlowScript script;
  script.n_series = 1'000'000'000;
  script.knows_count = false;
  auto pipeline = flow_pipeline(script, R"("batch": 5)");
  std::atomic<bool> started = false;
  script.on = [&](const std::string& step, std::uint64_t) {
    if (step == "commit") started = true;
  };
  std::thread canceller([&] {
    while (!started) std::this_thread::yield();
    pipeline.cancel();
  });
  const auto start = std::chrono::steady_clock::now();
  const Error error = error_of(pipeline);
  canceller.join();
  CHECK(error.kind() == ErrorKind::cancelled);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
  CHECK(script.n_abandoned == 1);
  CHECK(script.n_finished == 0);
}

TEST_CASE("flow: a stage that hangs fails the run with a table of what each stage holds and waits for") {
  for (const std::string hanging : {"read", "draw", "commit", "checkpoint", "finish"}) {
    FlowScript script;
    std::promise<void> release;
    std::shared_future<void> released = release.get_future().share();
    script.on = [&](const std::string& step, std::uint64_t batch) {
      if (step == hanging && (step == "finish" || step == "checkpoint" || batch == 2)) released.wait();
    };
    {
      auto pipeline = flow_pipeline(script, R"("batch": 1, "threads": 2, "stall_timeout": 0.3, "checkpoint": 0)");
      const int destroyed_before = script.n_destroyed;
      const Error error = error_of(pipeline);
      const std::string text = error.what();
      CAPTURE(text);
      CHECK(error.kind() == ErrorKind::stalled);
      const bool stores = hanging != "read" && hanging != "draw";
      CHECK(text.starts_with(stores
                                 ? "run: nothing moved for 3 s (ten times run.stall_timeout, as store (flow_write) may "
                                   "wait for the disk; raise it where the disk is only slow); "
                                 : "run: nothing moved for 0 s (run.stall_timeout); "));
      const std::string last = hanging == "finish" ? "brings its output to the disk" : "works on batch 2 for ";
      CHECK((hanging == "checkpoint" || text.find(last) != std::string::npos));
      if (hanging == "commit") CHECK(text.find("waits for memory: 6 of 6 batches are in flight") != std::string::npos);
      // The hanging thread holds the stages until it comes back.
      CHECK(script.n_destroyed == destroyed_before);
      release.set_value();
      for (int i = 0; i < 500 && script.n_destroyed == destroyed_before; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
      CHECK(script.n_destroyed == destroyed_before + 1);
    }
  }
}

TEST_CASE("flow: a writer may wait for the disk for longer than run.stall_timeout, and when it is done all goes on") {
  for (const std::string slow : {"commit", "checkpoint", "checkpoint without a batch", "finish"}) {
    CAPTURE(slow);
    FlowScript script;
    const bool idle = slow.ends_with("batch");
    int n_slow = 0;
    script.on = [&](const std::string& step, std::uint64_t batch) {
      // The checkpoint is due while the reader works on.
      if (idle && step == "read" && batch == 1) std::this_thread::sleep_for(std::chrono::milliseconds(200));
      if (!slow.starts_with(step) || n_slow++ > 0) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(1200));
    };
    auto pipeline =
        flow_pipeline(script, std::string(R"("batch": 20, "threads": 2, "stall_timeout": 0.4, "checkpoint": )") +
                                  (idle ? "0.05" : "0"));
    CHECK(pipeline.run().images == 100);
    CHECK(n_slow > 0);
  }
}

TEST_CASE("flow: while the process is stopped, no time passes for run.stall_timeout") {
  FlowScript script;
  script.on = [](const std::string& step, std::uint64_t batch) {
    if (step == "draw" && batch == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  };
  // As far as the watcher can tell, what keeps it from looking might be SIGSTOP.
  RunOptions options;
  options.on_progress = [](const Progress&) { std::this_thread::sleep_for(std::chrono::milliseconds(700)); };
  auto pipeline = flow_pipeline(script, R"("batch": 100, "threads": 1, "stall_timeout": 0.5)");
  CHECK(pipeline.run(options).images == 100);
}

TEST_CASE("flow: a stage that asks after each image is neither stalled nor waited for to the end of its batch") {
  FlowScript script;
  script.n_series = 2;
  int n_images = 0;
  script.on_image = [&](Pulse& pulse) {
    for (n_images = 0; n_images < 1000 && pulse.keep_going(); ++n_images) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  };
  auto pipeline = flow_pipeline(script, R"("batch": 2, "threads": 1, "stall_timeout": 0.2)");
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(800));
    pipeline.cancel();
  });
  const Error error = error_of(pipeline);
  canceller.join();
  CHECK(error.kind() == ErrorKind::cancelled);
  CHECK(n_images > 20);   // Longer than the timeout.
  CHECK(n_images < 900);  // Not to the end.
}

TEST_CASE("flow: a reader that gives a short batch too early is caught") {
  struct ShortReader final : Reader {
    void declare(Options&) override {}
    SeriesShape open(const RunSetup&) override { return {1, std::nullopt}; }
    bool read(Sequences& out, std::size_t) override {
      out.append({})[0] = 1;
      return true;
    }
  };
  FlowScript script;
  Registry registry = flow_registry(script);
  registry.add({.type = "short_read", .summary = "Reads too little.", .make = [] {
                  return std::unique_ptr<Reader>(new ShortReader);
                }});
  auto pipeline = Pipeline::from_json(
      R"({"plotmill": 1, "run": {"batch": 4}, "stages": [{"id": "in", "type": "short_read"},
          {"id": "charts", "type": "flow_draw"}, {"id": "store", "type": "flow_write"}]})",
      {}, std::move(registry));
  const Error error = error_of(pipeline);
  CHECK(error.kind() == ErrorKind::internal);
  CHECK(std::string(error.what()) ==
        "in (short_read): read() gave 1 series of a batch of 4; every batch but the last is full");
}

TEST_CASE("flow: a reader that gives a series of a group without a name is caught") {
  struct NamelessReader final : Reader {
    void declare(Options&) override {}
    SeriesShape open(const RunSetup&) override { return {1, std::nullopt}; }
    bool read(Sequences& out, std::size_t at_most) override {
      if (next_ == 0) out.new_groups.emplace_back("a");
      for (; out.size() < at_most; ++next_) {
        const Source source{next_ == 6 ? 1U : 0U, next_};
        out.append(source)[0] = 1;
        if (next_ % 2 == 1) out.bad.push_back({.index = out.size() - 1, .source = source, .reason = "odd"});
      }
      return next_ < 20;
    }
    std::uint64_t next_ = 0;
  };
  FlowScript script;
  Registry registry = flow_registry(script);
  registry.add({.type = "nameless_read", .summary = "Forgets a name.", .make = [] {
                  return std::unique_ptr<Reader>(new NamelessReader);
                }});
  for (const std::string on_bad : {"skip", "blank"}) {
    auto pipeline = Pipeline::from_json(R"({"plotmill": 1, "run": {"batch": 4, "on_bad_series": ")" + on_bad +
                                            R"("}, "stages": [{"id": "in", "type": "nameless_read"},
            {"id": "charts", "type": "flow_draw"}, {"id": "store", "type": "flow_write"}]})",
                                        {}, registry);
    const Error error = error_of(pipeline);
    CHECK(error.kind() == ErrorKind::internal);
    CHECK(
        std::string(error.what()) ==
        "in (nameless_read): series 6 is of group 1, and names of only 1 groups came; a reader gives each group's name "
        "in new_groups, with or before its first series");
  }
}

}  // namespace plotmill
