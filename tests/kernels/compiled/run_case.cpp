#include "kernels/compiled/run_case.hpp"

#include <cstring>

#include "kernels/ink/fill_rows.hpp"
#include "support/host_queue.hpp"
#include "support/line_charts.hpp"

namespace plotmill::test {
namespace {

/// Pixels as no GPU aligns them; a user's frames may lie anywhere.
template <class Pixel>
class Frames {
 public:
  explicit Frames(std::size_t n_pixels) : n_(n_pixels), memory_((n_pixels + offset) * sizeof(Pixel)) {}
  [[nodiscard]] Pixel* data() const { return reinterpret_cast<Pixel*>(memory_.data()) + offset; }

  [[nodiscard]] bool are_those_of(const Ink& ink, const kernels::PixelTable<Pixel>& table) const {
    std::vector<Pixel> expected(n_);
    for (std::size_t i = 0; i < ink.n_images(); ++i) {
      kernels::fill_rows(ink.image(i), table, expected.data() + i * ink.shape.n_pixels(), ink.shape.width);
    }
    return std::memcmp(expected.data(), data(), n_ * sizeof(Pixel)) == 0;
  }

 private:
  static constexpr std::size_t offset = 3;
  std::size_t n_;
  DeviceMemory memory_;
};

std::string difference(const Ink& drawn, const Ink& expected) {
  if (drawn.row_begin != expected.row_begin) return "row_begin differs";
  if (drawn.runs != expected.runs) return "runs differ";
  if (drawn.coverage_begin != expected.coverage_begin) return "coverage_begin differs";
  return drawn.coverage == expected.coverage ? "" : "coverage differs";
}

}  // namespace

std::string run_case(ptx::Machine& machine, const CompiledCase& one, std::uint32_t shared_bytes) try {
  const SequencesView series = one.series();
  const auto n = static_cast<std::uint32_t>(series.n_series);
  const Ink expected = draw_lines(series, one.options);
  const DeviceQueue queue{false, &machine};
  const kernels::DeviceLineDrawer drawer(one.options, series.n_points, {shared_bytes, 0});
  const DeviceMemory work(drawer.work_bytes(n));
  const DeviceMemory size_there(sizeof(InkSize));
  machine.global().clear();
  drawer.measure(queue, series.values, n, work.data(), reinterpret_cast<InkSize*>(size_there.data()));
  InkSize size{};
  std::memcpy(&size, size_there.data(), sizeof(size));
  if (size.n_runs != expected.runs.size() || size.n_ink != expected.coverage.size())
    return "the size of the ink differs";
  const DeviceMemory packed(drawer.packed_bytes(n, size));
  drawer.write(queue, series.values, n, work.data(), size, packed.data());
  Ink ink;
  ink.shape = expected.shape;
  drawer.append(packed.data(), n, size, ink);
  if (!equal_ink(ink, expected)) return difference(ink, expected);
  const Frames<std::uint8_t> gray(expected.shape.n_pixels() * n);
  drawer.fill_frames(queue, packed.data(), n, size, gray.data());
  if (!gray.are_those_of(expected, kernels::gray_table(expected.shape))) return "frames of bytes differ";
  const Frames<float> unit(expected.shape.n_pixels() * n);
  drawer.fill_frames(queue, packed.data(), n, size, unit.data());
  return unit.are_those_of(expected, kernels::unit_table(expected.shape)) ? "" : "frames of floats differ";
} catch (const ptx::Fault& fault) {
  return fault.what();
}

}  // namespace plotmill::test
