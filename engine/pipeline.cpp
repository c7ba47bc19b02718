// The public face of a definition and its runs.
#include "plotmill/pipeline.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <new>
#include <string>
#include <system_error>

#include "engine/definition/definition.hpp"
#include "engine/definition/graph.hpp"
#include "engine/definition/make_stage.hpp"
#include "engine/device/source.hpp"
#include "engine/preview/preview.hpp"
#include "engine/run/run.hpp"
#include "engine/run/stages.hpp"

namespace plotmill {

std::string_view version() noexcept { return PLOTMILL_VERSION; }

struct Pipeline::State {
  State(std::string_view json, std::string_view place, const std::vector<Override>& overrides, Registry stages)
      : registry(std::move(stages)), definition(parse_definition(json, place, overrides, registry)) {}

  Registry registry;  // The definition points into it.
  Definition definition;
  std::atomic<bool> cancelled = false;
};

Pipeline::Pipeline(std::unique_ptr<State> state) : state_(std::move(state)) {}
Pipeline::Pipeline(Pipeline&&) noexcept = default;
Pipeline& Pipeline::operator=(Pipeline&&) noexcept = default;
Pipeline::~Pipeline() = default;

Pipeline Pipeline::from_file(const std::filesystem::path& path, const std::vector<Override>& overrides,
                             Registry registry) {
  const auto fail = [&](int reason) {
    throw Error(reason == ENOENT ? ErrorKind::input : ErrorKind::io, path.string(),
                std::string("the definition can't be read: ") + std::strerror(reason));
  };
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) fail(errno);
  if (std::filesystem::is_directory(path)) fail(EISDIR);
  std::string text;
  try {
    // Not by <<, to which an error, and memory that is refused, looks like the end of the text.
    text.assign(std::istreambuf_iterator<char>(file), {});
  } catch (const std::ios::failure&) {
    fail(errno);
  }
  return Pipeline(std::make_unique<State>(text, path.string(), overrides, std::move(registry)));
}

Pipeline Pipeline::from_json(std::string_view json, const std::vector<Override>& overrides, Registry registry) {
  return Pipeline(std::make_unique<State>(json, "definition", overrides, std::move(registry)));
}

namespace {

/// Clears the flag afterwards, not before: a cancel() between the decision to run and the run itself must not be lost.
struct ClearAfterwards {
  std::atomic<bool>& cancelled;
  ~ClearAfterwards() { cancelled = false; }
};

}  // namespace

RunReport Pipeline::run(const RunOptions& options) {
  const ClearAfterwards clear{state_->cancelled};
  // A stage's own exceptions are told with the stage.
  try {
    return run_definition(state_->definition, options, state_->cancelled);
  } catch (const std::bad_alloc&) {
    throw current_error_at("run");
  } catch (const std::system_error& error) {
    throw Error(ErrorKind::io, "run", "the system refuses a thread: " + error.code().message());
  }
}

Preview Pipeline::preview(const PreviewOptions& options) {
  const ClearAfterwards clear{state_->cancelled};
  return preview_definition(state_->definition, options, state_->cancelled);
}

void Pipeline::cancel() noexcept { state_->cancelled = true; }

const std::string& Pipeline::definition() const noexcept { return state_->definition.json; }

const std::string& Pipeline::reader_id() const noexcept {
  return state_->definition.stages.front().id;  // The one stage that nothing feeds.
}

std::string Pipeline::graph(GraphFormat format) const {
  const Definition& definition = state_->definition;
  const bool auto_is_gpu = definition.run.device == "auto" && cuda_devices().find().n_devices > 0;
  return format == GraphFormat::dot ? graph_dot(definition, auto_is_gpu) : graph_text(definition, auto_is_gpu);
}

}  // namespace plotmill
