// The host's side of drawing on a GPU: sizes, layouts, and the choice between a CUDA stream and the calling thread.
#include "kernels/lines/device.hpp"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "kernels/block/block.hpp"
#include "kernels/block/memory_layout.hpp"
#include "kernels/lines/cuda.hpp"
#include "kernels/lines/device_kernels.hpp"
#include "kernels/lines/draw_lines.hpp"

namespace plotmill::kernels {
namespace {

/// Shared memory that a block can have on every GPU that the kernels are built for, less what their sums take.
constexpr std::uint32_t sure_shared_bytes = 63 * 1024;

PackedInk packed_ink(std::byte* packed, const PackedLayout& layout) {
  return {reinterpret_cast<std::uint32_t*>(packed + layout.row_begin),
          reinterpret_cast<std::uint64_t*>(packed + layout.coverage_begin),
          reinterpret_cast<Run*>(packed + layout.runs), reinterpret_cast<std::uint8_t*>(packed + layout.coverage)};
}

PackedInk packed_ink(const std::byte* packed, const PackedLayout& layout) {
  return packed_ink(const_cast<std::byte*>(packed), layout);  // For kernels that only read it.
}

/// Calls run(block, scratch, image) for all images on the calling thread.
template <class Run>
void for_each_image(const LineJob& job, const LineWork& work, std::uint32_t n_images, const DeviceTuning& tuning,
                    Run run) {
  const bool in_shared_memory = job.scratch.n_bytes <= tuning.shared_bytes;
  std::vector<std::byte> shared(in_shared_memory ? job.scratch.n_bytes : 0);
  for (std::uint32_t image = 0; image < n_images; ++image) {
    HostBlock block(tuning.host_order);
    std::byte* const own = in_shared_memory ? shared.data() : work.scratch + std::size_t{image} * job.scratch.n_bytes;
    run(block, LineScratch(own, job.scratch), image);
  }
}

}  // namespace

DeviceLineDrawer::DeviceLineDrawer(const LineOptions& options, std::size_t n_points, DeviceTuning tuning)
    : job_(std::make_shared<const LineJob>(line_job(options, n_points))), tuning_(tuning) {}

std::uint32_t DeviceLineDrawer::max_images() const {
  // More would also be too many blocks for one launch.
  constexpr std::uint64_t most = 1U << 20U;
  const std::uint64_t n_pixels = std::uint64_t{job_->options.width} * job_->options.height;
  return static_cast<std::uint32_t>(std::min(most, std::numeric_limits<std::uint32_t>::max() / n_pixels));
}

DeviceLineDrawer::WorkLayout DeviceLineDrawer::work_layout(std::uint32_t n_images) const {
  const bool may_lack_shared_memory = job_->scratch.n_bytes > std::min(tuning_.shared_bytes, sure_shared_bytes);
  const std::uint64_t n_rows = std::uint64_t{n_images} * job_->options.height;
  const std::uint64_t n_words = std::uint64_t{n_images} * job_->mask_words();
  MemoryLayout layout(256);
  WorkLayout work{};
  work.images = layout.add(n_images, sizeof(InkSize));
  work.rows = layout.add(n_rows, sizeof(InkSize));
  work.masks = layout.add(n_words, sizeof(std::uint32_t));
  work.n_before = layout.add(n_words, sizeof(std::uint16_t));
  work.scratch = layout.add(may_lack_shared_memory ? n_images : 0, job_->scratch.n_bytes);
  work.n_bytes = layout.n_bytes();
  return work;
}

std::uint64_t DeviceLineDrawer::work_bytes(std::uint32_t n_images) const { return work_layout(n_images).n_bytes; }

LineWork DeviceLineDrawer::parts_of(std::byte* work, std::uint32_t n_images) const {
  const WorkLayout layout = work_layout(n_images);
  return {reinterpret_cast<InkSize*>(work + layout.images), reinterpret_cast<InkSize*>(work + layout.rows),
          reinterpret_cast<std::uint32_t*>(work + layout.masks),
          reinterpret_cast<std::uint16_t*>(work + layout.n_before), work + layout.scratch};
}

void DeviceLineDrawer::measure(const DeviceQueue& queue, const double* values, std::uint32_t n_images, std::byte* work,
                               InkSize* size) const {
  const LineWork parts = parts_of(work, n_images);
  if (!queue.on_host) {
    launch_measure(queue.cuda_stream, *job_, parts, values, n_images, size, tuning_.shared_bytes);
    return;
  }
  for_each_image(*job_, parts, n_images, tuning_, [&](HostBlock& block, const LineScratch& scratch, std::uint32_t i) {
    measure_image(block, *job_, parts, values, scratch, i);
  });
  HostBlock block(tuning_.host_order);
  place_images(block, parts.images, n_images, size);
}

PackedLayout DeviceLineDrawer::packed_layout(std::uint32_t n_images, InkSize size) const {
  MemoryLayout layout(16);
  PackedLayout packed{};
  packed.row_begin = layout.add(std::uint64_t{n_images} * job_->options.height + 1, sizeof(std::uint32_t));
  packed.coverage_begin = layout.add(n_images + std::uint64_t{1}, sizeof(std::uint64_t));
  packed.runs = layout.add(size.n_runs, sizeof(Run));
  packed.coverage = layout.add(size.n_ink, sizeof(std::uint8_t));
  packed.n_bytes = layout.n_bytes();
  return packed;
}

void DeviceLineDrawer::write(const DeviceQueue& queue, const double* values, std::uint32_t n_images, std::byte* work,
                             InkSize size, std::byte* packed) const {
  if (n_images == 0) return;
  const LineWork parts = parts_of(work, n_images);
  const PackedInk ink = packed_ink(packed, packed_layout(n_images, size));
  if (!queue.on_host) {
    launch_write(queue.cuda_stream, *job_, parts, values, n_images, size, ink, tuning_.shared_bytes);
    return;
  }
  for_each_image(*job_, parts, n_images, tuning_, [&](HostBlock& block, const LineScratch& scratch, std::uint32_t i) {
    write_image(block, *job_, parts, values, scratch, i, n_images, size, ink);
  });
}

void DeviceLineDrawer::append(const std::byte* packed, std::uint32_t n_images, InkSize size, Ink& ink) const {
  if (n_images == 0) return;
  const PackedInk more = packed_ink(packed, packed_layout(n_images, size));
  const auto append_moved = [](auto& to, const auto* from, std::size_t n) {
    const auto before = to.back();
    for (std::size_t i = 1; i <= n; ++i) to.push_back(before + from[i]);
  };
  append_moved(ink.row_begin, more.row_begin, std::size_t{n_images} * job_->options.height);
  append_moved(ink.coverage_begin, more.coverage_begin, n_images);
  ink.runs.insert(ink.runs.end(), more.runs, more.runs + size.n_runs);
  ink.coverage.insert(ink.coverage.end(), more.coverage, more.coverage + size.n_ink);
}

template <class Pixel>
void DeviceLineDrawer::fill(const DeviceQueue& queue, const std::byte* packed, std::uint32_t n_images, InkSize size,
                            const PixelTable<Pixel>& table, Pixel* frames) const {
  const PackedInk ink = packed_ink(packed, packed_layout(n_images, size));
  FrameJob<Pixel> job{image_shape(job_->options), ink, {}, frames};
  std::ranges::copy(table, job.table);
  const std::uint32_t n_bands = n_images * bands_per_image(job_->options.height);
  if (n_bands == 0) return;
  if (!queue.on_host) {
    launch_fill(queue.cuda_stream, job, n_bands);
    return;
  }
  HostBlock block(tuning_.host_order);
  for (std::uint32_t band = 0; band < n_bands; ++band) fill_band(block, job, band);
}

void DeviceLineDrawer::fill_frames(const DeviceQueue& queue, const std::byte* packed, std::uint32_t n_images,
                                   InkSize size, std::uint8_t* frames) const {
  fill(queue, packed, n_images, size, gray_table(image_shape(job_->options)), frames);
}

void DeviceLineDrawer::fill_frames(const DeviceQueue& queue, const std::byte* packed, std::uint32_t n_images,
                                   InkSize size, float* frames) const {
  fill(queue, packed, n_images, size, unit_table(image_shape(job_->options)), frames);
}

}  // namespace plotmill::kernels

namespace plotmill {

std::unique_ptr<FrameDrawer> device_line_drawer(const LineOptions& options, std::size_t n_points) {
  if (auto faults = check_options(options); !faults.empty()) throw Error(ErrorKind::definition, std::move(faults));
  if (n_points == 0) throw Error(ErrorKind::definition, "n_points", "0 is outside 1..");
  return std::make_unique<kernels::DeviceLineDrawer>(options, n_points);
}

}  // namespace plotmill
