// The launches of kernels/lines/cuda.hpp where there is no GPU: the interpreter executes what nvcc made of the kernels.
// What is passed as the stream is a ptx::Machine. This takes the place of kernels/lines/device.cu.
#include <type_traits>

#include "kernels/lines/cuda.hpp"
#include "plotmill/sequences.hpp"
#include "support/ptx/machine.hpp"

namespace plotmill::kernels {
namespace {

using test::ptx::Contents;
using test::ptx::Machine;
using Values = decltype(SequencesView::values);

Machine& machine_of(void* stream) { return *static_cast<Machine*>(stream); }

template <class T>
void declare(Machine& machine, const std::string& name, T* array, std::uint64_t n, Contents contents) {
  const auto* const bytes = reinterpret_cast<const std::byte*>(array);
  machine.global().add(name, reinterpret_cast<std::uintptr_t>(array), const_cast<std::byte*>(bytes), n * sizeof(T),
                       contents);
}

/// As launch_images() in device.cu.
template <class... Arguments>
void launch_images(Machine& machine, const std::string& name, const LineJob& job, std::uint32_t n,
                   std::uint32_t shared_bytes, const Arguments&... arguments) {
  const bool in_shared_memory = job.scratch.n_bytes <= shared_bytes;
  machine.launch(name + (in_shared_memory ? "ILb1E" : "ILb0E"), n, in_shared_memory ? job.scratch.n_bytes : 0,
                 arguments...);
}

template <class Pixel>
void launch_fill_bands(void* stream, const FrameJob<Pixel>& job, std::uint32_t n_bands, const std::string& name) {
  Machine& machine = machine_of(stream);
  const std::uint64_t n_images = n_bands / bands_per_image(job.shape.height);
  declare(machine, "frames", job.frames, n_images * job.shape.n_pixels(), Contents::unwritten);
  machine.launch(name, n_bands, 0, job);
}

}  // namespace

void launch_measure(void* stream, const LineJob& job, const LineWork& work, Values values, std::uint32_t n_images,
                    InkSize* size, std::uint32_t shared_bytes) {
  Machine& machine = machine_of(stream);
  const std::uint64_t n = n_images;
  const std::uint64_t n_scratch = job.scratch.n_bytes <= shared_bytes ? 0 : n * job.scratch.n_bytes;
  declare(machine, "values", values, n * job.n_points, Contents::read_only);
  declare(machine, "images", work.images, n, Contents::unwritten);
  declare(machine, "rows", work.rows, n * job.options.height, Contents::unwritten);
  declare(machine, "masks", work.masks, n * job.mask_words(), Contents::unwritten);
  declare(machine, "n_before", work.n_before, n * job.mask_words(), Contents::unwritten);
  declare(machine, "scratch", work.scratch, n_scratch, Contents::unwritten);
  declare(machine, "size", size, 1, Contents::unwritten);
  launch_images(machine, "measure_images", job, n_images, shared_bytes, job, work, values);
  machine.launch("place_batch", 1, 0, work.images, n_images, size);
}

void launch_write(void* stream, const LineJob& job, const LineWork& work, Values values, std::uint32_t n_images,
                  InkSize size, const PackedInk& packed, std::uint32_t shared_bytes) {
  Machine& machine = machine_of(stream);
  declare(machine, "row_begin", packed.row_begin, std::uint64_t{n_images} * job.options.height + 1,
          Contents::unwritten);
  declare(machine, "coverage_begin", packed.coverage_begin, n_images + std::uint64_t{1}, Contents::unwritten);
  declare(machine, "runs", packed.runs, size.n_runs, Contents::unwritten);
  declare(machine, "coverage", packed.coverage, size.n_ink, Contents::unwritten);
  launch_images(machine, "write_images", job, n_images, shared_bytes, job, work, values, n_images, size, packed);
}

void launch_fill(void* stream, const FrameJob<std::uint8_t>& job, std::uint32_t n_bands) {
  launch_fill_bands(stream, job, n_bands, "fill_bandsIhE");
}
void launch_fill(void* stream, const FrameJob<float>& job, std::uint32_t n_bands) {
  launch_fill_bands(stream, job, n_bands, "fill_bandsIfE");
}

}  // namespace plotmill::kernels
