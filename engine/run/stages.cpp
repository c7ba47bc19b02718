// From a definition to opened stages.
#include "engine/run/stages.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <thread>
#include <utility>

#include "engine/definition/apply_options.hpp"

namespace plotmill {
namespace {

/// Of all images of a run: no file holds more bytes.
constexpr std::uint64_t most_pixels = std::numeric_limits<std::uint64_t>::max() / 2;

template <class Kind>
std::unique_ptr<Kind> make(const StageNode& node) {
  std::unique_ptr<Kind> stage = std::get<std::function<std::unique_ptr<Kind>()>>(node.info->make)();
  Options options;
  stage->declare(options);
  if (auto faults = apply_options(options, node.params); !faults.empty()) {
    throw Error(ErrorKind::internal, std::move(faults));
  }
  return stage;
}

}  // namespace

Error current_error_at(const std::string& place) {
  try {
    throw;
  } catch (const Error& error) {
    std::vector<Fault> faults = error.faults();
    for (Fault& fault : faults) fault.place = fault.place.empty() ? place : place + " " + fault.place;
    Error placed(error.kind(), std::move(faults));
    if (error.series()) placed.about_series(*error.series());
    return placed;
  } catch (const std::bad_alloc&) {
    return {ErrorKind::out_of_memory, place, "the system refused memory; a smaller run.memory or run.batch needs less"};
  } catch (const std::exception& error) {
    return {ErrorKind::internal, place, std::string("the stage failed unexpectedly: ") + error.what()};
  } catch (...) {
    return {ErrorKind::internal, place, "the stage failed with an exception that is no std::exception"};
  }
}

std::string image_place(const RunNode& node, const ReaderNode& reader, std::uint64_t image, const std::string& group,
                        const Source& source) {
  return node.place() + " image " + std::to_string(image) + " (of " + reader.place() + ", " +
         (group.empty() ? "" : "group \"" + group + "\", ") + "data row " + std::to_string(source.first_row) + ")";
}

RunStages::RunStages(const Definition& definition, const RunOptions& options, Purpose purpose,
                     const DeviceSource& source, const std::atomic<bool>* cancelled) {
  plan.threads =
      definition.run.threads != 0 ? definition.run.threads : std::max(1U, std::thread::hardware_concurrency());
  make_all(definition);
  choose_device(definition.run, purpose, source);
  RunSetup setup;
  setup.n_lanes = plan.threads;
  setup.memory_bytes = definition.run.memory_bytes;
  setup.overwrite = options.overwrite;
  setup.resume = options.resume;
  setup.on_bad_series = definition.run.on_bad_series;
  setup.definition = definition.json;
  setup.plotmill_version = version();
  pulse = setup.pulse;
  pulse->follow(cancelled);
  on_bad_series = setup.on_bad_series;
  checkpoint_seconds = definition.run.checkpoint_seconds;
  if (options.overwrite && options.resume) {
    throw Error(ErrorKind::definition, "--resume", "keeps what is stored, and --force replaces it; give one of them");
  }
  try {
    open(setup);
    if (purpose == Purpose::run) setup.input = at_place(reader.place(), [&] { return reader.stage->identity(); });
    can_resume = setup.input.has_value();
    purpose == Purpose::run ? open_writers(setup) : rehearse_writers(setup);
    choose_sizes(definition.run);
    // From here on the run is watched.
    pulse->follow(nullptr);
  } catch (...) {
    abandon_writers();
    throw;
  }
}

void RunStages::abandon_writers() noexcept {
  for (const auto& writer : writers) {
    if (std::exchange(writer->opened, false) && !writer->stored.is_complete) writer->stage->abandon();
  }
}

void RunStages::make_all(const Definition& definition) {
  // Index among the drawers of each stage of the definition.
  std::vector<std::size_t> drawer_of(definition.stages.size(), 0);
  const auto named = [](auto& run_node, const StageNode& node) -> auto& {
    run_node.id = node.id;
    run_node.type = node.type;
    return run_node;
  };
  for (std::size_t i = 0; i < definition.stages.size(); ++i) {
    const StageNode& node = definition.stages[i];
    switch (kind_of(*node.info)) {
      case StageKind::reader:
        named(reader, node).stage = make<Reader>(node);
        break;
      case StageKind::drawer: {
        drawer_of[i] = drawers.size();
        DrawerNode& drawer = named(*drawers.emplace_back(std::make_unique<DrawerNode>()), node);
        drawer.stage = make<Drawer>(node);
        drawer.concurrency = node.info->concurrency;
        drawer.can_use_device = node.info->on_device;
        break;
      }
      case StageKind::writer: {
        WriterNode& writer = named(*writers.emplace_back(std::make_unique<WriterNode>()), node);
        writer.stage = make<Writer>(node);
        writer.drawer = drawer_of[node.from];
        break;
      }
    }
  }
}

// What is rehearsed are a few charts, for which no device is waited for.
void RunStages::choose_device(const RunSettings& settings, Purpose purpose, const DeviceSource& source) {
  const bool can_draw = std::ranges::any_of(drawers, [](const auto& drawer) { return drawer->can_use_device; });
  ChosenDevices chosen = purpose == Purpose::run ? choose_devices(settings.device, can_draw, source)
                                                 : ChosenDevices{{}, "cpu", "a rehearsal"};
  devices = std::move(chosen.devices);
  plan.device = chosen.name;
  plan.device_reason = chosen.reason;
  plan.streams = devices.empty() ? 0 : settings.streams;
}

void RunStages::open(const RunSetup& setup) {
  series = at_place(reader.place(), [&] { return reader.stage->open(setup); });
  plan.n_images = series.n_series;
  for (const auto& drawer : drawers) {
    drawer->shape = at_place(drawer->place(), [&] { return drawer->stage->prepare(series, setup); });
    if (drawer->can_use_device && !devices.empty()) {
      drawer->device_drawer = at_place(drawer->place(), [&] { return drawer->stage->on_device(); });
    }
    if (series.n_series && *series.n_series > most_pixels / drawer->shape.n_pixels()) {
      throw Error(ErrorKind::definition, drawer->place(),
                  std::to_string(*series.n_series) + " images of " + std::to_string(drawer->shape.width) + "x" +
                      std::to_string(drawer->shape.height) + " pixels are more than any file can hold; set limit");
    }
  }
}

void RunStages::open_writers(const RunSetup& setup) {
  for (const auto& writer : writers) {
    writer->opened = true;
    at_place(writer->place(), [&] { writer->stage->open(drawers[writer->drawer]->shape, series, setup); });
    writer->stored = writer->stage->stored();
  }
}

void RunStages::rehearse_writers(const RunSetup& setup) {
  for (const auto& writer : writers) {
    writer->bytes_beside = at_place(
        writer->place(), [&] { return writer->stage->rehearse(drawers[writer->drawer]->shape, series, setup); });
    if (!writer->bytes_beside) left_out.push_back({writer->id, writer->type});
  }
  std::erase_if(writers, [](const auto& writer) { return !writer->bytes_beside; });
}

std::vector<ImageShape> RunStages::image_shapes() const {
  std::vector<ImageShape> shapes;
  for (const auto& drawer : drawers) shapes.push_back(drawer->shape);
  return shapes;
}

bool RunStages::all_complete() const {
  return std::ranges::all_of(writers, [](const auto& writer) { return writer->stored.is_complete; });
}

const WriterNode* RunStages::storing() const {
  const auto found = std::ranges::find_if(writers, [](const auto& writer) { return writer->stores.load(); });
  return found == writers.end() ? nullptr : found->get();
}

}  // namespace plotmill
