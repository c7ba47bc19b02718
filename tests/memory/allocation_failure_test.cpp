// Every piece of memory that a built-in stage asks for is refused once: each run ends with an error, leaves nothing
// that is not whole under a final name, and the same run goes well afterwards.
#include <doctest/doctest.h>

#include <cstring>

#include "plotmill/pipeline.hpp"
#include "support/counted_stages.hpp"
#include "support/number_text.hpp"
#include "support/stored_outputs.hpp"

namespace plotmill {
namespace {

using namespace test;

constexpr std::size_t n_series = 12;
constexpr std::size_t n_points = 20;

float value_at(std::size_t i) { return static_cast<float>((i * 37) % 101); }

std::string csv_bytes() {
  std::string text = "name,value\n";
  for (std::size_t i = 0; i < n_series * n_points; ++i) {
    text += "group " + std::to_string(i / n_points) + "," + number_text(value_at(i)) + "\n";
  }
  return text;
}

std::string npy_bytes() {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (12, 20), }";
  header.resize(128 - 10 - 1, ' ');
  header += '\n';
  std::string bytes = std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header;
  for (std::size_t i = 0; i < n_series * n_points; ++i) {
    const float value = value_at(i);
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  return bytes;
}

struct Case {
  std::string reader, writer;
};

class Job {
 public:
  explicit Job(const Case& stages) : case_(stages) {
    std::filesystem::create_directory(input_.file("out"));
    (void)input_.write("data.csv", csv_bytes());
    (void)input_.write("data.npy", npy_bytes());
    if (case_.reader.find("read_hdf5") != std::string::npos) make_hdf5();
  }

  void run(const TempDir& output, const Registry& registry, bool resume = false) const {
    std::string text =
        R"({"plotmill": 1, "run": {"threads": 2, "batch": 4, "checkpoint": 0}, "stages": [{"id": "in", )" +
        case_.reader +
        R"(}, {"id": "charts", "type": "draw_lines", "params": {"width": 30, "height": 20}},
                           {"id": "out", )" +
        case_.writer + "}]}";
    replace(text, "IN", input_.path().string());
    replace(text, "OUT", output.path().string());
    RunOptions options;
    options.resume = resume;
    (void)Pipeline::from_json(text, {}, registry).run(options);
  }

 private:
  static void replace(std::string& text, const std::string& name, const std::string& value) {
    const std::string mark = "$" + name + "/";
    for (std::size_t at = 0; (at = text.find(mark)) != std::string::npos;) text.replace(at, mark.size(), value + "/");
  }

  void make_hdf5() const {
    const Case stages{R"("type": "make_sequences", "params": {"count": 12, "window": 20})",
                      R"("type": "write_hdf5", "params": {"path": "$OUT/data.h5"})"};
    Job(stages).run(input_, builtin_stages());
  }

  Case case_;
  TempDir input_;
};

// What is there under final names.
StoredOutputs whole_outputs(const TempDir& output) {
  StoredOutputs outputs = read_outputs(output.path());
  std::erase_if(outputs,
                [](const auto& part) { return part.first.ends_with(".part") || part.first.ends_with(".jsonl"); });
  return outputs;
}

// What is there under a final name is as in `whole`; returns the first thing that isn't.
std::string first_damage(const TempDir& output, const StoredOutputs& whole) {
  for (const auto& [name, bytes] : whole_outputs(output)) {
    const auto found = whole.find(name);
    if (found == whole.end() || found->second != bytes) return name + " is not whole";
  }
  return {};
}

}  // namespace

TEST_CASE("memory: each piece that a stage asks for is refused once") {
  const std::string make = R"("type": "make_sequences", "params": {"count": 12, "window": 20})";
  const std::string csv = R"("type": "read_csv", "params": {"path": "$IN/data.csv", "column": "value",
                             "group_by": "name", "window": 20})";
  const std::string npy = R"("type": "read_npy", "params": {"path": "$IN/data.npy"})";
  const std::string hdf5 = R"("type": "read_hdf5", "params": {"path": "$IN/data.h5"})";
  const std::string to_hdf5 = R"("type": "write_hdf5", "params": {"path": "$OUT/charts.h5", "images_per_file": 8})";
  const std::string to_png = R"("type": "write_png", "params": {"directory": "$OUT/png"})";
  const std::string to_jpeg = R"("type": "write_jpeg", "params": {"directory": "$OUT/jpeg"})";
  for (const Case& stages :
       {Case{make, to_hdf5}, Case{csv, to_png}, Case{npy, to_jpeg}, Case{hdf5, to_hdf5}, Case{csv, to_hdf5}}) {
    const Job job(stages);
    const TempDir whole_output;
    job.run(whole_output, builtin_stages());
    const StoredOutputs whole = whole_outputs(whole_output);
    REQUIRE(whole.size() > 10);
    const Registry registry = counted_stages();
    std::size_t n_failed = 0;
    bool was_refused = true;
    // One after another, and in larger steps where there are very many.
    for (std::int64_t n = 0; was_refused; n += 1 + n / 40) {
      CAPTURE(n);
      CAPTURE(stages.reader);
      CAPTURE(stages.writer);
      const TempDir output;
      refuse_memory(n);
      std::string error;
      try {
        job.run(output, registry);
        was_refused = stop_refusing_memory();
      } catch (const Error& refused) {
        was_refused = stop_refusing_memory();
        error = refused.what();
        CAPTURE(error);
        CHECK(was_refused);
        CHECK((refused.kind() == ErrorKind::out_of_memory || refused.kind() == ErrorKind::io));
        ++n_failed;
      }
      CHECK(first_damage(output, whole) == "");
      // Refused, and done without.
      if (!error.empty()) job.run(output, builtin_stages(), true);
      CHECK(first_difference(whole_outputs(output), whole) == "");
    }
    CHECK(n_failed > 20);
  }
}

}  // namespace plotmill
