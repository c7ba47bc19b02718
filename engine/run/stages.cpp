// From a definition to opened stages, a batch size and a number of slots.
#include "engine/run/stages.hpp"

#include <algorithm>
#include <new>
#include <numeric>
#include <thread>
#include <utility>

#include "engine/definition/apply_options.hpp"
#include "engine/run/device_sizes.hpp"
#include "engine/text/sizes.hpp"

namespace plotmill {
namespace {

/// A product or sum that stays at the greatest value instead of wrapping.
constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
std::uint64_t times(std::uint64_t a, std::uint64_t b) { return b != 0 && a > most / b ? most : a * b; }
std::uint64_t plus(std::uint64_t a, std::uint64_t b) { return a > most - b ? most : a + b; }

/// Batches larger than this gain nothing: the work for each image outweighs the work for each batch by far.
constexpr std::uint64_t greatest_chosen_batch = 256;

/// Pixels and points of a chosen batch, unless one image has more: a run that is cancelled stops at the end of a batch,
/// and the densest charts take a second for so many.
constexpr std::uint64_t greatest_chosen_work = std::uint64_t{1} << 24U;

/// The same where devices draw: it takes many images to fill one, and a second for so many pixels of dense charts.
constexpr std::uint64_t greatest_chosen_device_batch = 4096;
constexpr std::uint64_t greatest_chosen_device_work = std::uint64_t{1} << 31U;

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
                     const std::atomic<bool>* cancelled) {
  plan.threads =
      definition.run.threads != 0 ? definition.run.threads : std::max(1U, std::thread::hardware_concurrency());
  make_all(definition);
  choose_device(definition.run, purpose);
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
void RunStages::choose_device(const RunSettings& settings, Purpose purpose) {
  const bool can_draw = std::ranges::any_of(drawers, [](const auto& drawer) { return drawer->can_use_device; });
  ChosenDevices chosen = purpose == Purpose::run ? choose_devices(settings.device, can_draw, settings.devices)
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
    if (series.n_series && times(*series.n_series, drawer->shape.n_pixels()) > most / 2) {
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

void RunStages::choose_sizes(const RunSettings& settings) {
  // Twice throughout: a vector that grows may come to hold twice what it needs.
  const std::uint64_t per_series = times(2, series.n_points * sizeof(float) + sizeof(Source));
  std::uint64_t per_image = per_series;
  std::uint64_t n_learned = 0;
  std::uint64_t per_lane = 0;
  std::uint64_t multiple = 1;
  std::uint64_t greatest_batch = most;
  const DeviceSizes on_devices = device_sizes(*this);
  const bool use_devices = on_devices.pinned_bytes > 0;
  std::uint64_t chosen_batch =
      use_devices ? std::min(greatest_chosen_device_batch, on_devices.most_images) : greatest_chosen_batch;
  const std::uint64_t chosen_work = use_devices ? greatest_chosen_device_work : greatest_chosen_work;
  const auto add = [&](const Footprint& footprint) {
    per_image = plus(per_image, times(2, footprint.per_image));
    per_lane = plus(per_lane, footprint.per_lane);
  };
  for (const auto& drawer : drawers) {
    add(drawer->stage->footprint());
    // Ink counts its runs in 32 bits.
    const std::uint64_t runs = drawer->shape.height * ((std::uint64_t{drawer->shape.width} + 1) / 2);
    greatest_batch = std::min(greatest_batch, 0xffffffffU / runs);
    chosen_batch = std::min(chosen_batch, chosen_work / (drawer->shape.n_pixels() + series.n_points));
  }
  for (const auto& writer : writers) {
    add(writer->stage->footprint());
    multiple = std::lcm(multiple, writer->stage->batch_multiple());
    n_learned = std::max<std::uint64_t>(n_learned, writer->stage->n_learned_images());
  }
  choose_first_image(multiple);
  if (series.n_series) n_learned = std::min(n_learned, *series.n_series);
  // The first series are read for the writers to learn from before there is any batch.
  const std::uint64_t of_reader = plus(reader.stage->held_bytes(), times(n_learned, per_series));
  const std::uint64_t scratch = plus(times(per_lane, plan.threads), of_reader);
  const auto need = [&](std::uint64_t batch, std::uint64_t n_slots) {
    return plus(scratch, times(batch, plus(times(n_slots, per_image), on_devices.pinned_bytes)));
  };
  const auto refuse_memory = [&](std::uint64_t batch) {
    throw Error(ErrorKind::out_of_memory, "run/memory",
                format_bytes(settings.memory_bytes) + " is less than the " + format_bytes(need(batch, 1)) +
                    " that one batch of " + std::to_string(batch) + " images with " + std::to_string(plan.threads) +
                    " threads may take" +
                    (of_reader > need(batch, 1) / 4 ? ", " + format_bytes(of_reader) + " of it to read" : "") +
                    "; raise run.memory, or lower run.batch, run.threads, or the size of the images or series");
  };
  if (need(multiple, 1) > settings.memory_bytes) refuse_memory(multiple);
  const std::uint64_t room = settings.memory_bytes - scratch;

  // Two for each thread, so that none waits for the other end of the graph, one in the hands of each serial end, and
  // one on each stream.
  const std::uint64_t wanted_slots = 2 * plan.threads + 1 + writers.size() + devices.size() * plan.streams;
  std::uint64_t batch = settings.batch;
  if (batch == 0) {
    const std::uint64_t per_image_of_all = plus(times(wanted_slots, per_image), on_devices.pinned_bytes);
    batch = std::min({room / per_image_of_all, chosen_batch, greatest_batch});
    // A short run is shared among the threads, too.
    if (series.n_series) batch = std::min(batch, *series.n_series / (4 * plan.threads) + 1);
    batch = std::max(batch / multiple, std::uint64_t{1}) * multiple;
  }
  if (batch % multiple != 0) {
    throw Error(ErrorKind::definition, "run/batch",
                std::to_string(batch) + " is not a multiple of the " + std::to_string(multiple) +
                    " images that the writers pack together");
  }
  if (batch > greatest_batch) {
    throw Error(
        ErrorKind::definition, "run/batch",
        std::to_string(batch) + " is outside 1.." + std::to_string(greatest_batch) + " for images of this size");
  }
  if (need(batch, 1) > settings.memory_bytes) refuse_memory(batch);
  plan.batch = static_cast<std::size_t>(batch);
  plan.batches_in_flight =
      static_cast<std::size_t>(std::min((room / batch - on_devices.pinned_bytes) / per_image, wanted_slots));
  plan.memory_bytes = need(batch, plan.batches_in_flight);
}

// Batches begin at multiples of what the writers pack together, so some of the images may be stored already.
void RunStages::choose_first_image(std::uint64_t multiple) {
  std::uint64_t first = all_complete() ? 0 : most;
  for (const auto& writer : writers) {
    if (!writer->stored.is_complete) first = std::min(first, writer->stored.n_images);
  }
  plan.first_image = first / multiple * multiple;
  if (plan.n_images) *plan.n_images -= std::min(*plan.n_images, plan.first_image);
}

bool RunStages::all_complete() const {
  return std::ranges::all_of(writers, [](const auto& writer) { return writer->stored.is_complete; });
}

const WriterNode* RunStages::storing() const {
  const auto found = std::ranges::find_if(writers, [](const auto& writer) { return writer->stores.load(); });
  return found == writers.end() ? nullptr : found->get();
}

}  // namespace plotmill
