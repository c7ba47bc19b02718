// Runs that are stopped at any point, in any way, and gone on with, store in the end what an undisturbed run stores.
#include <doctest/doctest.h>

#include <algorithm>

#include "support/resumable_jobs.hpp"
#include "support/stored_outputs.hpp"

namespace plotmill {
namespace {

using namespace test;

/// Threads, batch and checkpoints of a run, at random.
json random_settings(Random& random, std::size_t multiple) {
  constexpr double checkpoints[] = {0, 0, 0.002, 1e6};
  return {{"threads", 1 + random_below(random, 4)},
          {"batch", multiple * (1 + random_below(random, multiple == 1 ? 30 : 8))},
          {"checkpoint", checkpoints[random_below(random, std::size(checkpoints))]}};
}

Death random_death(Random& random, std::size_t n_writers, std::uint64_t n_images) {
  constexpr const char* steps[] = {"commit",     "committed",    "commit", "committed",
                                   "checkpoint", "checkpointed", "finish", "finished"};
  constexpr const char* ways[] = {"throw", "cancel", "kill", "alarm"};
  return {.way = ways[random_below(random, 4)],
          .step = steps[random_below(random, std::size(steps))],
          .writer = random_below(random, n_writers),
          .n_images = random_below(random, n_images),
          .microseconds = static_cast<long>(1000 + random_below(random, 30000))};
}

/// Runs until death. Returns how many images the next run may leave out at least, and at most.
std::pair<std::uint64_t, std::uint64_t> run_until(const json& definition, bool resume, const Death& death,
                                                  const TempDir& logs) {
  if (death.way == "kill" || death.way == "alarm") {
    const json safe = run_in_child(definition, resume, death, logs);
    REQUIRE_MESSAGE(!safe.is_string(), safe);
    return {Watcher::least(safe.get<std::vector<std::uint64_t>>()), Watcher::everything};
  }
  Watcher watcher;
  try {
    (void)run_and_die(definition, resume, death, watcher);
  } catch (const Error& error) {
    INFO(std::string(error.what()));
    CHECK((error.kind() == ErrorKind::cancelled || std::string(error.what()).find("the end") != std::string::npos));
  }
  // Nobody has died: all that was given is stored.
  const std::uint64_t given = Watcher::least(watcher.given);
  return {given, given};
}

/// Stops a job once to three times, each time with other settings, and lets it end.
void check_job(const Job& job, std::uint32_t seed, const std::string& csv, const StoredOutputs& expected,
               std::uint64_t n_images) {
  CAPTURE(job.name);
  CAPTURE(seed);
  Random random(seed);
  const TempDir folder(memory_folder());
  const TempDir logs(memory_folder());
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  std::string told;
  for (std::size_t i = 0, n = 1 + random_below(random, 3); i < n; ++i) {
    const Death death = random_death(random, job.writers.size(), n_images);
    const json settings = random_settings(random, job.multiple);
    told += settings.dump() + " " + death.way + " at " + death.step + " " + std::to_string(death.n_images) + "\n";
    std::tie(least, most) = run_until(definition_of(job, csv, folder.path(), settings), i > 0, death, logs);
  }
  CAPTURE(told);
  Watcher watcher;
  const RunReport report =
      run_and_die(definition_of(job, csv, folder.path(), random_settings(random, job.multiple)), true, {}, watcher);
  CHECK(first_difference(expected, read_outputs(folder.path())) == "");
  CHECK(report.images + report.resumed_at == n_images);
  CHECK(report.resumed_at >= std::min(least, n_images) / job.multiple * job.multiple);
  CHECK(report.resumed_at <= most);
}

struct Expected {
  StoredOutputs outputs;
  std::uint64_t n_images = 0;
};

Expected undisturbed(const Job& job, const std::string& csv) {
  const TempDir folder(memory_folder());
  Watcher watcher;
  const RunReport report = run_and_die(definition_of(job, csv, folder.path()), false, {}, watcher);
  CHECK(report.resumed_at == 0);
  return {read_outputs(folder.path()), report.images};
}

/// How many images a run that resumes would leave out.
std::uint64_t n_images_found(const json& definition) {
  Watcher watcher;
  watcher.on = [](std::size_t, const std::string&, std::uint64_t) { throw Error(ErrorKind::io, "the end"); };
  CHECK_THROWS_AS(run_and_die(definition, true, {}, watcher), Error);
  return Watcher::least(watcher.safe);
}

}  // namespace

TEST_CASE("a run in a process of its own") { child_run(); }

TEST_CASE("resume: whatever stops a run, and however often, in the end the outputs are those of an undisturbed one") {
  const TempDir inputs(memory_folder());
  const std::string csv = inputs.write("rows.csv", mixed_groups_csv(71, 1100));
  for (const Job& job : resumable_jobs()) {
    const Expected expected = undisturbed(job, csv);
    REQUIRE(expected.n_images > 150);
    for (std::uint32_t seed = 0; seed < 8; ++seed) check_job(job, seed, csv, expected.outputs, expected.n_images);
  }
}

TEST_CASE("resume: a run that dies at each commit makes no more than a batch again") {
  const TempDir inputs(memory_folder());
  const std::string csv = inputs.write("rows.csv", mixed_groups_csv(72, 700));
  for (const Job& job : resumable_jobs()) {
    if (job.writers.size() > 1) continue;
    CAPTURE(job.name);
    const Expected expected = undisturbed(job, csv);
    const TempDir folder(memory_folder());
    const TempDir logs(memory_folder());
    const json settings{{"batch", 12}, {"threads", 2}, {"checkpoint", 0}};
    const json definition = definition_of(job, csv, folder.path(), settings);
    std::uint64_t n_stored = 0;
    for (int round = 0; round < 9; ++round) {
      const std::string step = round % 3 == 0 ? "commit" : round % 3 == 1 ? "committed" : "checkpointed";
      CAPTURE(step);
      const Death death{.way = "kill", .step = step, .n_images = n_stored + (step == "commit" ? 0U : 1U)};
      const json safe = run_in_child(definition, round > 0, death, logs);
      const std::uint64_t n_found = n_images_found(definition);
      CHECK(n_found >= safe.at(0).get<std::uint64_t>());
      // A file that was full is complete before its batch is.
      CHECK(n_found <= n_stored + (step == "commit" ? 0 : 12));
      if (step == "checkpointed") CHECK(n_found > n_stored);
      n_stored = n_found;
    }
    Watcher watcher;
    CHECK(run_and_die(definition, true, {}, watcher).resumed_at == n_stored / job.multiple * job.multiple);
    CHECK(first_difference(expected.outputs, read_outputs(folder.path())) == "");
  }
}

TEST_CASE("resume: a group that comes no more is named in the files to come, as in those of an undisturbed run") {
  const TempDir inputs(memory_folder());
  std::string text = "group,value\n";
  for (int row = 0; row < 400; ++row) {
    text += "stays," + std::to_string(row % 7) + "\n";
    if (row < 12) text += "ends," + std::to_string(row % 5) + "\n";
  }
  const std::string csv = inputs.write("rows.csv", text);
  for (const Job& job : resumable_jobs()) {
    CAPTURE(job.name);
    const TempDir folder(memory_folder());
    const json definition = definition_of(job, csv, folder.path(), {{"batch", 12}, {"checkpoint", 0}});
    Watcher watcher;
    const Death death{.way = "throw", .step = "committed", .n_images = 30};
    CHECK_THROWS_AS(run_and_die(definition, false, death, watcher), Error);
    Watcher resumed;
    const std::uint64_t resumed_at = run_and_die(definition, true, {}, resumed).resumed_at;
    // Beside the writer that had stored 30 images, another one may have had none.
    CHECK((resumed_at > 0 || job.writers.size() > 1));
    CHECK(first_difference(undisturbed(job, csv).outputs, read_outputs(folder.path())) == "");
  }
}

TEST_CASE("resume: image files are listed when there are 4096 that are not, however rare checkpoints are") {
  const TempDir folder(memory_folder());
  const json stages = {{{"id", "walks"}, {"type", "make_sequences"}, {"params", {{"count", 4100}, {"window", 2}}}},
                       {{"id", "charts"}, {"type", "draw_lines"}, {"params", {{"width", 1}, {"height", 1}}}},
                       {{"id", "pages"}, {"type", "write_png"}, {"params", {{"directory", folder.path().string()}}}}};
  const json definition = {{"plotmill", 1}, {"run", {{"checkpoint", 1e6}}}, {"stages", stages}};
  (void)Pipeline::from_json(definition.dump()).run();
  const std::string manifest = read_bytes(folder.file("{index}.png.plotmill.jsonl"));
  CHECK(manifest.find("\"images\":[0,4096]") != std::string::npos);
  CHECK(manifest.find("\"images\":[4096,4100]") != std::string::npos);
}

}  // namespace plotmill
