// Jobs whose runs are stopped and gone on with: what they read, what they write, and how a run of them dies.
#pragma once

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "plotmill/pipeline.hpp"
#include "support/number_text.hpp"
#include "support/random_series.hpp"
#include "support/temp_dir.hpp"
#include "support/watched_stages.hpp"

namespace plotmill::test {

using nlohmann::json;

/// Rows of several groups, mixed at random; one group begins late, one never has a whole window of 12 rows.
[[nodiscard]] inline std::string mixed_groups_csv(std::uint32_t seed, std::size_t n_rows) {
  Random random(seed);
  const std::vector<std::string> names{"a", "größe", "c,c", "late", "later", "short"};
  std::vector<double> values(names.size());
  std::size_t n_short = 0;
  std::string text = "group,value\n";
  for (std::size_t row = 0; row < n_rows; ++row) {
    const std::size_t n_begun = row < n_rows / 3 ? 3 : row < 2 * n_rows / 3 ? 4 : 5;
    std::size_t group = random_below(random, n_begun);
    if (random_below(random, 50) == 0 && n_short < 11) group = names.size() - 1;
    if (group == names.size() - 1) ++n_short;
    values[group] += random_between(random, -1, 1);
    text += "\"" + names[group] + "\"," + (random_below(random, 20) == 0 ? std::string() : number_text(values[group])) +
            "\n";
  }
  return text;
}

/// What is stored, and of how many images every batch is a multiple.
struct Job {
  std::string name;
  json writers;
  std::size_t multiple = 1;
};

[[nodiscard]] inline json writer(const std::string& id, const std::string& type, json params,
                                 const std::string& from = "charts") {
  return {{"id", id}, {"type", type}, {"from", from}, {"params", std::move(params)}};
}

/// Places are relative to the job's folder.
[[nodiscard]] inline std::vector<Job> resumable_jobs() {
  const auto hdf5 = [](json more) {
    more["path"] = "charts.h5";
    return json::array({writer("store", "write_hdf5", std::move(more))});
  };
  return {{"one file", hdf5({})},
          {"float32, chunks of 4", hdf5({{"dtype", "float32"}, {"images_per_chunk", 4}}), 4},
          {"v110", hdf5({{"libver", "v110"}})},
          {"many files, chunks of 4", hdf5({{"images_per_file", 20}, {"images_per_chunk", 4}}), 4},
          {"PNG", json::array({writer("pages", "write_png", {{"directory", "png"}})})},
          {"JPEG", json::array({writer("pages", "write_jpeg", {{"directory", "jpeg"}})})},
          {"several at once",
           json::array(
               {writer("one", "write_hdf5", {{"path", "one.h5"}}),
                writer("many", "write_hdf5", {{"path", "many.h5"}, {"images_per_file", 18}}, "dark"),
                writer("chunks", "write_hdf5", {{"path", "chunks.h5"}, {"images_per_chunk", 6}, {"libver", "v110"}}),
                writer("png", "write_png", {{"directory", "png"}}, "dark")}),
           6}};
}

/// The definition of a job that reads this file and stores in this folder; `run` are more of its settings.
[[nodiscard]] inline json definition_of(const Job& job, const std::string& csv, const std::filesystem::path& folder,
                                        json run = json::object()) {
  json stages = json::array(
      {{{"id", "rows"},
        {"type", "read_csv"},
        {"params", {{"path", csv}, {"column", "value"}, {"group_by", "group"}, {"window", 12}, {"stride", 5}}}},
       {{"id", "charts"}, {"type", "draw_lines"}, {"params", {{"width", 24}, {"height", 16}}}}});
  if (job.writers.dump().find("\"dark\"") != std::string::npos) {
    stages.push_back({{"id", "dark"},
                      {"type", "draw_lines"},
                      {"from", "rows"},
                      {"params", {{"width", 20}, {"height", 11}, {"paper", 0}, {"ink", 200}}}});
  }
  for (json stage : job.writers) {
    for (const char* place : {"path", "directory"}) {
      if (!stage["params"].contains(place)) continue;
      stage["params"][place] = (folder / stage["params"][place].get<std::string>()).string();
    }
    stages.push_back(std::move(stage));
  }
  return {{"plotmill", 1}, {"run", std::move(run)}, {"stages", std::move(stages)}};
}

/// Where and how a run is to end.
struct Death {
  std::string way;   ///< "throw", "cancel", "kill" or "alarm"; "" for none.
  std::string step;  ///< Of a writer, see Watcher::on.
  std::size_t writer = 0;
  std::uint64_t n_images = 0;  ///< At least.
  long microseconds = 0;       ///< Of an alarm.
};

/// Runs a definition in this process, and lets it die if that comes to pass. Throws what the run throws.
inline RunReport run_and_die(const json& definition, bool resume, const Death& death, Watcher& watcher) {
  Pipeline pipeline = Pipeline::from_json(definition.dump(), {}, watched_stages(watcher));
  const auto tell = std::move(watcher.on);
  watcher.on = [&](std::size_t writer, const std::string& step, std::uint64_t n_images) {
    tell(writer, step, n_images);
    if (writer != death.writer || step != death.step || n_images < death.n_images) return;
    if (death.way == "throw") throw Error(ErrorKind::io, "the end");
    if (death.way == "cancel") pipeline.cancel();
    if (death.way == "kill") ::kill(::getpid(), SIGKILL);
  };
  if (death.way == "alarm") {
    const itimerval timer{{0, 0}, {0, death.microseconds}};
    ::setitimer(ITIMER_REAL, &timer, nullptr);
  }
  return pipeline.run({.resume = resume});
}

/// What child_run() does where it is asked to: to be called by a test case of the name child_case.
inline constexpr const char* child_case = "a run in a process of its own";

inline void child_run() {
  const char* asked = std::getenv("PLOTMILL_TEST_RUN");
  if (asked == nullptr) return;
  const json job = json::parse(asked);
  std::ofstream log(job["log"].get<std::string>(), std::ios::app);
  Watcher watcher;
  std::mutex mutex;
  watcher.on = [&](std::size_t, const std::string& step, std::uint64_t) {
    if (step != "opened" && step != "checkpointed" && step != "finished") return;
    const std::lock_guard lock(mutex);
    log << json(watcher.safe) << std::endl;
  };
  try {
    (void)run_and_die(job["definition"], job["resume"],
                      {job["way"], job["step"], job["writer"], job["n_images"], job["microseconds"]}, watcher);
  } catch (const Error& error) {
    log << json(error.what()) << std::endl;
    std::_Exit(1);
  }
  std::_Exit(0);
}

/// As run_and_die() in a process of its own. Returns the last line of its log: what of each writer was safe, or an
/// Error's text.
inline json run_in_child(const json& definition, bool resume, const Death& death, const TempDir& folder) {
  const std::string log = folder.write("log", "");
  const std::string asked = json({{"definition", definition},
                                  {"resume", resume},
                                  {"log", log},
                                  {"way", death.way},
                                  {"step", death.step},
                                  {"writer", death.writer},
                                  {"n_images", death.n_images},
                                  {"microseconds", death.microseconds}})
                                .dump();
  const std::string only = std::string("--test-case=") + child_case;
  std::fflush(nullptr);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::setenv("PLOTMILL_TEST_RUN", asked.c_str(), 1);
    ::execl("/proc/self/exe", "child", only.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  if (WIFEXITED(status)) CHECK(WEXITSTATUS(status) <= 1);
  std::ifstream file(log);
  json last = json::array();
  for (std::string line; std::getline(file, line);) last = json::parse(line);
  return last;
}

}  // namespace plotmill::test
