// What --resume refuses, with the difference or the reason, and what it leaves as it is.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include "support/resumable_jobs.hpp"
#include "support/run_reader.hpp"
#include "support/stored_outputs.hpp"

namespace plotmill {
namespace {

using namespace test;

/// A job of one writer that was stopped after about half of its images.
struct Stopped {
  explicit Stopped(const Job& job, std::size_t n_rows = 500)
      : csv(inputs.write("rows.csv", mixed_groups_csv(73, n_rows))),
        definition(definition_of(job, csv, folder.path(), {{"batch", 12}, {"checkpoint", 0}})) {
    Watcher watcher;
    const Death death{.way = "throw", .step = "committed", .n_images = 36};
    CHECK_THROWS_AS(run_and_die(definition, false, death, watcher), Error);
    n_images = watcher.given.at(0);
  }

  /// Checks that a run is refused, with these parts in its message, and that no file has changed.
  void refused(ErrorKind kind, const std::string& place, const std::vector<std::string>& parts, const json& changed,
               RunOptions options = {.resume = true}) const {
    const auto before = files();
    check_error(kind, place, parts, [&] { (void)Pipeline::from_json(changed.dump()).run(options); });
    CHECK(files() == before);
  }

  /// Bytes and time of change of each file.
  [[nodiscard]] std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
      if (!entry.is_regular_file()) continue;
      struct stat status {};
      REQUIRE(::stat(entry.path().c_str(), &status) == 0);
      all[entry.path().string()] = std::to_string(status.st_ino) + " " + std::to_string(status.st_mtim.tv_sec) + "." +
                                   std::to_string(status.st_mtim.tv_nsec) + read_bytes(entry.path());
    }
    return all;
  }

  TempDir inputs{memory_folder()};
  TempDir folder{memory_folder()};
  std::string csv;
  json definition;
  std::uint64_t n_images = 0;
};

Job job_of(const std::string& name) {
  for (const Job& job : resumable_jobs()) {
    if (job.name == name) return job;
  }
  throw std::logic_error(name);
}

std::string place_of(const std::string& name, const std::string& path) {
  return (name == "PNG" ? "pages (write_png) " : "store (write_hdf5) ") + path;
}

}  // namespace

TEST_CASE("resume: a changed definition is refused, with what is otherwise") {
  for (const std::string name : {"one file", "PNG"}) {
    CAPTURE(name);
    const Stopped run(job_of(name));
    const std::string manifest =
        place_of(name, run.folder.file(name == "PNG" ? "png/{index}.png" : "charts.h5") + ".plotmill.jsonl");
    json changed = run.definition;
    changed["stages"][1]["params"]["width"] = 25;
    changed["stages"][0]["params"]["limit"] = 100;
    const std::string text =
        "the definition is not that of the run that began this, so it can't be resumed; --force starts anew:\n"
        "  charts params/width: 25, it was 24\n  rows params/limit: 100, it was 0";
    run.refused(ErrorKind::definition, manifest, {text}, changed);
    changed = run.definition;
    changed["run"]["on_bad_series"] = "skip";
    run.refused(ErrorKind::definition, manifest, {"\n  run on_bad_series: \"skip\", it was \"error\""}, changed);
  }
}

TEST_CASE("resume: an input that has changed is refused, be it in size, in time or at one byte") {
  // Of a long input its first and its last 64 KiB are looked at.
  constexpr std::size_t part = std::size_t{64} << 10U;
  for (const std::size_t n_rows : {std::size_t{500}, std::size_t{20000}}) {
    CAPTURE(n_rows);
    const Stopped run(job_of("one file"), n_rows);
    const std::string manifest = place_of("one file", run.folder.file("charts.h5.plotmill.jsonl"));
    const std::string bytes = read_bytes(run.csv);
    const auto time = std::filesystem::last_write_time(run.csv);
    const auto refused = [&](const std::string& content, std::chrono::nanoseconds later) {
      std::ofstream(run.csv, std::ios::binary) << content;
      std::filesystem::last_write_time(run.csv, time + later);
      run.refused(
          ErrorKind::input, manifest,
          {"the input is not as it was when this began, so it can't be resumed; --force starts anew:\n  it was " +
           std::to_string(bytes.size()) + " bytes, changed "},
          run.definition);
    };
    refused(bytes + "a,1\n", std::chrono::seconds(0));
    refused(bytes, std::chrono::seconds(1));
    refused(bytes, std::chrono::nanoseconds(1));
    std::vector<std::size_t> places{30, bytes.size() - 2, bytes.size() - 1};
    if (bytes.size() > part) {
      REQUIRE(bytes.size() > 3 * part);
      places.insert(places.end(), {part - 1, bytes.size() - part});
    }
    for (const std::size_t place : places) {
      CAPTURE(place);
      std::string other = bytes;
      other[place] ^= 1;
      refused(other, std::chrono::seconds(0));
    }
    std::ofstream(run.csv, std::ios::binary) << bytes;
    std::filesystem::last_write_time(run.csv, time);
    CHECK(Pipeline::from_json(run.definition.dump()).run({.resume = true}).resumed_at == run.n_images);
  }
}

TEST_CASE("resume: what is stored and was removed or cut off is told, and nothing is made") {
  for (const std::string name : {"one file", "PNG", "many files, chunks of 4"}) {
    CAPTURE(name);
    const Stopped run(job_of(name));
    const std::string file = name == "PNG"        ? run.folder.file("png/000007.png")
                             : name == "one file" ? run.folder.file("charts.h5.part")
                                                  : run.folder.file("charts_0000.h5");
    const std::string bytes = read_bytes(file);
    if (name != "PNG") {
      std::ofstream(file, std::ios::binary) << bytes.substr(0, bytes.size() / 2);
      run.refused(ErrorKind::io, place_of(name, file), {"bytes", "--force starts anew"}, run.definition);
    }
    std::filesystem::remove(file);
    run.refused(ErrorKind::io, place_of(name, file), {"--force starts anew"}, run.definition);
    // --force does.
    const RunReport report = Pipeline::from_json(run.definition.dump()).run({.overwrite = true});
    CHECK(report.resumed_at == 0);
    CHECK(report.images > run.n_images);
  }
}

TEST_CASE("resume: image files that are not what the manifest tells of are told, and nothing is made") {
  const Stopped run(job_of("PNG"));
  const std::string file = run.folder.file("png/000007.png");
  const std::string bytes = read_bytes(file);
  const auto refused = [&](const std::string& place, const std::string& part) {
    run.refused(ErrorKind::io, place_of("PNG", place), {part, "--force starts anew"}, run.definition);
    std::filesystem::remove(file);
  };
  for (const std::size_t size : {bytes.size() - 1, std::size_t{1}}) {
    std::ofstream(file, std::ios::binary) << bytes.substr(0, size);
    refused(run.folder.file("png"), "the files of images 0 to 11 have ");
  }
  std::ofstream(file, std::ios::binary) << bytes << "x";
  refused(run.folder.file("png"), "`plotmill verify` tells which are damaged");
  std::ofstream(file, std::ios::binary) << "";
  refused(file, "is empty");
  std::filesystem::create_directory(file);
  refused(file, "is no regular file");
  REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  refused(file, "is no regular file");
  std::filesystem::create_symlink("000006.png", file);
  refused(file, "is no regular file");
  std::ofstream(file, std::ios::binary) << bytes;
  CHECK(Pipeline::from_json(run.definition.dump()).run({.resume = true}).resumed_at == run.n_images);
}

TEST_CASE("resume: a link or a pipe in place of what is to be taken up is refused") {
  const Stopped run(job_of("one file"));
  const std::string part = run.folder.file("charts.h5.part");
  std::filesystem::rename(part, run.folder.file("elsewhere"));
  std::filesystem::create_symlink("elsewhere", part);
  const auto refused = [&] {
    run.refused(ErrorKind::io, place_of("one file", part), {"is not a regular file; --force starts anew"},
                run.definition);
  };
  refused();
  std::filesystem::remove(part);
  REQUIRE(::mkfifo(part.c_str(), 0600) == 0);
  refused();
}

TEST_CASE("resume: without it, an interrupted run is neither gone on with nor replaced; not both with --force") {
  for (const std::string name : {"one file", "PNG"}) {
    const Stopped run(job_of(name));
    const std::string output = place_of(name, run.folder.file(name == "PNG" ? "png" : "charts.h5"));
    run.refused(ErrorKind::io, output,
                {"an interrupted run has stored " + std::to_string(run.n_images) +
                 " images; --resume goes on after them, --force starts anew"},
                run.definition, {});
    run.refused(ErrorKind::definition, "--resume", {"give one of them"}, run.definition,
                {.overwrite = true, .resume = true});
  }
}

TEST_CASE("resume: where nothing is stored it starts, and a run that has finished is left as it is") {
  const TempDir inputs(memory_folder());
  const std::string csv = inputs.write("rows.csv", mixed_groups_csv(74, 300));
  for (const Job& job : resumable_jobs()) {
    CAPTURE(job.name);
    const Stopped run(job);
    const TempDir folder(memory_folder());
    const json definition = definition_of(job, csv, folder.path());
    const RunReport first = Pipeline::from_json(definition.dump()).run({.resume = true});
    CHECK(first.resumed_at == 0);
    CHECK(first.images > 0);
    (void)Pipeline::from_json(run.definition.dump()).run({.resume = true});
    const auto before = run.files();
    const RunReport again = Pipeline::from_json(run.definition.dump()).run({.resume = true});
    CHECK(again.images == 0);
    CHECK(again.resumed_at >= run.n_images);
    CHECK(run.files() == before);
  }
}

TEST_CASE("resume: a run that is under way in another process is left alone") {
  const Stopped run(job_of("one file"));
  const TempDir logs(memory_folder());
  Watcher watcher;
  json told;
  watcher.on = [&](std::size_t, const std::string& step, std::uint64_t) {
    if (step == "committed" && told.is_null()) told = run_in_child(run.definition, true, {}, logs);
  };
  CHECK(run_and_die(run.definition, true, {}, watcher).resumed_at == run.n_images);
  REQUIRE(told.is_string());
  CHECK(told.get<std::string>().starts_with(place_of("one file", run.folder.file("charts.h5")) +
                                            ": another run is writing it"));
}

}  // namespace plotmill
