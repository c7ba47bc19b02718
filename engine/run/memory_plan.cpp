// How much memory a run may take: the size of a batch, and how many are in flight.
#include <algorithm>
#include <limits>
#include <numeric>

#include "engine/run/device_sizes.hpp"
#include "engine/run/stages.hpp"
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

}  // namespace

void RunStages::choose_sizes(const RunSettings& settings) {
  // Twice throughout: a vector that grows may come to hold twice what it needs.
  const std::uint64_t per_series = times(2, series.n_points * sizeof(double) + sizeof(Source));
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

}  // namespace plotmill
