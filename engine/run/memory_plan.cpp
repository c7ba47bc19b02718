// How much memory a run may take: the size of a batch, and how many are in flight.
#include <algorithm>
#include <limits>
#include <numeric>

#include "engine/run/batch_bytes.hpp"
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

/// A batch that is too large for its share of memory is handed on in parts. Fewer batches are in flight rather than
/// that typical charts come in parts smaller than this.
constexpr std::uint64_t least_part = 64;
/// Nor do parts larger than this gain anything, where the CPU draws, however much memory there is.
constexpr std::uint64_t greatest_part = 1024;
/// The least batch where devices draw, of which fewer images do not fill one.
constexpr std::uint64_t least_device_batch = 128;

/// A vector that grows may come to hold twice what it needs.
constexpr std::uint64_t growth = 2;
/// Charts to come may have twice the ink of those that were learned from, and no batch is cut.
constexpr std::uint64_t margin = 2;
/// What is left of a batch that was cut is in memory once more.
constexpr std::uint64_t copies_of_cut = 1;

/// Ink counts its runs in 32 bits; a run takes four bytes.
constexpr std::uint64_t most_ink_bytes = std::uint64_t{1} << 33U;

/// What an image of all stages takes, without growth.
struct ImageBytes {
  std::uint64_t series = 0;
  std::uint64_t worst = 0;    ///< Ink and encoded.
  std::uint64_t typical = 0;  ///< The same, of those that were learned from.
  bool is_known = true;       ///< Whether typical is.
};

ImageBytes bytes_of_image(const RunStages& stages) {
  ImageBytes image{stages.series.n_points * sizeof(double) + sizeof(Source)};
  for (const auto& drawer : stages.drawers) {
    image.worst = plus(image.worst, drawer->stage->footprint().per_image);
    image.is_known = image.is_known && drawer->typical_ink;
    if (drawer->typical_ink) image.typical += ink_bytes(drawer->shape, *drawer->typical_ink);
  }
  for (const auto& writer : stages.writers) {
    image.worst = plus(image.worst, writer->stage->footprint().per_image);
    image.is_known = image.is_known && writer->typical_bytes;
    image.typical += writer->typical_bytes.value_or(0);
  }
  return image;
}

// Of any drawer: its ink counts its runs in 32 bits.
std::uint64_t greatest_batch(const RunStages& stages) {
  std::uint64_t greatest = most;
  for (const auto& drawer : stages.drawers) {
    const std::uint64_t runs = drawer->shape.height * ((std::uint64_t{drawer->shape.width} + 1) / 2);
    greatest = std::min(greatest, 0xffffffffU / runs);
  }
  return greatest;
}

// Of the reader, and the first series, which are read for the writers to learn from before there is any batch.
std::uint64_t bytes_to_read(const RunStages& stages) {
  std::uint64_t n_learned = 0;
  for (const auto& writer : stages.writers) {
    n_learned = std::max<std::uint64_t>(n_learned, writer->stage->n_learned_images());
  }
  if (stages.series.n_series) n_learned = std::min(n_learned, *stages.series.n_series);
  return plus(stages.reader.stage->held_bytes(), times(n_learned, growth * bytes_of_image(stages).series));
}

// What does not grow with the batch: also the scratch of every lane that is used.
std::uint64_t fixed_bytes(const RunStages& stages) {
  std::uint64_t per_lane = 0;
  std::uint64_t once = bytes_to_read(stages);
  for (const auto& drawer : stages.drawers) {
    // Where a device draws, only the charts to learn from are drawn in a lane.
    std::uint64_t& scratch = drawer->device_drawer ? once : per_lane;
    scratch = plus(scratch, drawer->stage->footprint().per_lane);
  }
  for (const auto& writer : stages.writers) per_lane = plus(per_lane, writer->stage->footprint().per_lane);
  return plus(once, times(per_lane, stages.plan.threads));
}

}  // namespace

// One image of each kind must fit in the worst case, or as many as the writers pack together, with the series of a
// batch.
void RunStages::require_memory() {
  for (const auto& writer : writers) batch_multiple = std::lcm(batch_multiple, writer->stage->batch_multiple());
  choose_first_image();
  const std::uint64_t greatest = greatest_batch(*this);
  if (settings_.batch % batch_multiple != 0) {
    throw Error(ErrorKind::definition, "run/batch",
                std::to_string(settings_.batch) + " is not a multiple of the " + std::to_string(batch_multiple) +
                    " images that the writers pack together");
  }
  if (settings_.batch > greatest) {
    throw Error(
        ErrorKind::definition, "run/batch",
        std::to_string(settings_.batch) + " is outside 1.." + std::to_string(greatest) + " for images of this size");
  }
  const ImageBytes image = bytes_of_image(*this);
  const std::uint64_t batch = std::max<std::uint64_t>(settings_.batch, batch_multiple);
  const std::uint64_t copies = growth + (batch > batch_multiple ? copies_of_cut : 0);
  const std::uint64_t need =
      plus(plus(fixed_bytes(*this), device_sizes(*this).worst_pinned_bytes),
           plus(times(batch, times(copies, image.series)), times(batch_multiple, times(growth, image.worst))));
  if (need <= settings_.memory_bytes) return;
  const std::uint64_t to_read = bytes_to_read(*this);
  throw Error(ErrorKind::out_of_memory, "run/memory",
              format_bytes(settings_.memory_bytes) + " is less than the " + format_bytes(need) + " that " +
                  (batch_multiple == 1 ? "one image" : std::to_string(batch_multiple) + " images") +
                  " and the series of a batch of " + std::to_string(batch) + ", with " + std::to_string(plan.threads) +
                  " threads, may take" + (to_read > need / 4 ? ", " + format_bytes(to_read) + " of it to read" : "") +
                  "; raise run.memory, or lower run.batch, run.threads, or the size of the images or series");
}

void RunStages::plan_batches() {
  const ImageBytes image = bytes_of_image(*this);
  const DeviceSizes on_devices = device_sizes(*this);
  const bool use_devices = on_devices.n_lanes > 0;
  const std::uint64_t left = settings_.memory_bytes - fixed_bytes(*this);
  // What a batch may take for each of its images where its ink is not cut.
  const std::uint64_t of_series = (growth + (image.is_known ? copies_of_cut : 0)) * image.series;
  const std::uint64_t of_images =
      image.is_known ? std::min(growth * image.worst, growth * margin * image.typical) : times(growth, image.worst);
  const std::uint64_t per_image = plus(of_series, of_images);
  // A stream goes on with what its memory holds, and takes no more than a quarter of all.
  const auto pinned = [&](std::uint64_t n_images) {
    return std::max(std::min(times(n_images, on_devices.pinned_bytes), left / 4), on_devices.worst_pinned_bytes);
  };

  // Two for each thread, so that none waits for the other end of the graph, one in the hands of each serial end, and
  // one on each stream.
  const std::uint64_t wanted = 2 * plan.threads + 1 + writers.size() + devices.size() * plan.streams;
  std::uint64_t batch = settings_.batch;
  if (batch == 0) {
    const std::uint64_t greatest_chosen =
        use_devices ? std::min(greatest_chosen_device_batch, on_devices.most_images) : greatest_chosen_batch;
    batch = std::min(greatest_chosen, greatest_batch(*this));
    for (const auto& drawer : drawers) {
      const std::uint64_t work = use_devices ? greatest_chosen_device_work : greatest_chosen_work;
      batch = std::min(batch, work / (drawer->shape.n_pixels() + series.n_points));
    }
    std::uint64_t fits = left / plus(times(wanted, per_image), on_devices.pinned_bytes);
    if (use_devices && image.is_known) {
      const std::uint64_t least_in_flight = 2 + writers.size() + devices.size() * plan.streams;
      fits = std::max(fits, std::min(least_device_batch, left / 2 / times(least_in_flight, per_image)));
    }
    batch = std::min(batch, fits);
    // A short run is shared among the threads, too.
    if (series.n_series) batch = std::min(batch, *series.n_series / (4 * plan.threads) + 1);
    batch = std::max<std::uint64_t>(batch / batch_multiple, 1) * batch_multiple;
  }
  const std::uint64_t room_bytes = left - std::min(left, use_devices ? pinned(batch) : 0);
  const std::uint64_t uncut =
      image.is_known ? std::min(batch, std::max<std::uint64_t>(least_part, batch_multiple)) : batch;
  const std::uint64_t in_flight = room_bytes / plus(times(batch, of_series), times(uncut, of_images));
  plan.batch = static_cast<std::size_t>(batch);
  plan.memory_limit_bytes = settings_.memory_bytes;
  plan.batches_in_flight = static_cast<std::size_t>(std::clamp<std::uint64_t>(in_flight, 1, wanted));
  std::uint64_t share = room_bytes / plan.batches_in_flight;
  if (image.is_known && !use_devices) {
    share = std::min(
        share, plus(times(batch, of_series), times(std::max<std::uint64_t>(greatest_part, batch_multiple), of_images)));
  }
  room = {.bytes = room_bytes,
          .batch_bytes = share,
          .lane_bytes = use_devices ? pinned(batch) / on_devices.n_lanes : 0,
          .most_batches = wanted};
  plan.memory_bytes =
      settings_.memory_bytes - room_bytes + plan.batches_in_flight * std::min(share, times(batch, per_image));

  // The rest of the share is parted between ink and encoded images as charts part it, which makes the limit of the ink.
  const std::uint64_t of_all = image.is_known ? image.typical : image.worst;
  const std::uint64_t for_images = (share - std::min(share, times(batch, of_series))) / growth;
  for (const auto& drawer : drawers) {
    const std::uint64_t ink =
        image.is_known ? ink_bytes(drawer->shape, *drawer->typical_ink) : drawer->stage->footprint().per_image;
    const double part = static_cast<double>(ink) / static_cast<double>(std::max<std::uint64_t>(of_all, 1));
    drawer->most_ink_bytes =
        std::min(static_cast<std::uint64_t>(part * static_cast<double>(for_images)), most_ink_bytes);
  }
}

// As many as do in the worst case; else as few as can be, as long as there is any room.
std::size_t RunStages::images_that_fit(const DrawerNode& drawer, const Ink& ink) const {
  const std::uint64_t used = ink_bytes(ink);
  const std::uint64_t room_left = drawer.most_ink_bytes - std::min(drawer.most_ink_bytes, used);
  const std::uint64_t worst = std::max<std::uint64_t>(drawer.stage->footprint().per_image, 1);
  const std::uint64_t n = room_left / worst / batch_multiple * batch_multiple;
  if (n > 0) return n;
  return room_left > 0 || ink.n_images() == 0 ? batch_multiple : 0;
}

void RunStages::choose_first_image() {
  std::uint64_t first = all_complete() ? 0 : most;
  for (const auto& writer : writers) {
    if (!writer->stored.is_complete) first = std::min(first, writer->stored.n_images);
  }
  // Batches begin at multiples of what the writers pack together, so some of the images may be stored already.
  plan.first_image = first / batch_multiple * batch_multiple;
  if (plan.n_images) *plan.n_images -= std::min(*plan.n_images, plan.first_image);
}

}  // namespace plotmill
