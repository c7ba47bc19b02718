#include "bench/gpu_runs.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <memory>

#include "bench/gpu_owners.hpp"

namespace plotmill::bench {
namespace {

constexpr int n_repetitions = 11;

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Median of the seconds that what `work` puts into the stream takes there.
template <class Work>
double seconds_of(const Stream& stream, Work&& work) {
  const Event begin;
  const Event end;
  for (int i = 0; i < 2; ++i) work();
  std::vector<double> seconds;
  for (int i = 0; i < n_repetitions; ++i) {
    begin.record(stream);
    work();
    end.record(stream);
    stream.wait();
    seconds.push_back(end.seconds_since(begin));
  }
  return median(std::move(seconds));
}

/// One stream with the memory of a batch on both sides. Where the ink will lie is known once a batch has been measured:
/// all batches here are the same.
class Lane {
 public:
  Lane(const GpuCase& charts, const FrameDrawer& drawer)
      : n_(charts.n_images),
        drawer_(drawer),
        n_values_(charts.n_points * n_),
        values_(n_values_),
        values_there_(n_values_),
        work_(drawer.work_bytes(n_)),
        size_(1),
        size_there_(1) {
    std::copy_n(charts.values.begin(), n_values_, values_.data());
    upload();
    measure();
    read_size();
    packed_there_ = std::make_unique<DeviceArray<std::byte>>(drawer.packed_bytes(n_, size()));
    packed_ = std::make_unique<PinnedArray<std::byte>>(packed_bytes());
    write();
    stream_.wait();
  }

  [[nodiscard]] const Stream& stream() const { return stream_; }
  [[nodiscard]] InkSize size() const { return *size_.data(); }
  [[nodiscard]] std::size_t packed_bytes() const { return packed_there_->n_bytes(); }
  [[nodiscard]] const std::byte* packed_there() const { return packed_there_->data(); }
  [[nodiscard]] const std::byte* packed() const { return packed_->data(); }
  [[nodiscard]] DeviceQueue queue() const { return {false, stream_.get()}; }

  void upload() const { stream_.copy(values_there_.data(), values_.data(), values_.n_bytes()); }
  void measure() const { drawer_.measure(queue(), values_there_.data(), n_, work_.data(), size_there_.data()); }
  void read_size() const {
    stream_.copy(size_.data(), size_there_.data(), sizeof(InkSize));
    stream_.wait();
  }
  void write() const { drawer_.write(queue(), values_there_.data(), n_, work_.data(), size(), packed_there_->data()); }
  void download() const { stream_.copy(packed_->data(), packed_there_->data(), packed_bytes()); }

  /// As the engine does it.
  void whole_batch() const {
    upload();
    measure();
    read_size();
    write();
    download();
    stream_.wait();
  }

 private:
  std::uint32_t n_;
  const FrameDrawer& drawer_;
  std::size_t n_values_;
  Stream stream_;
  PinnedArray<double> values_;
  DeviceArray<double> values_there_;
  DeviceArray<std::byte> work_;
  PinnedArray<InkSize> size_;
  DeviceArray<InkSize> size_there_;
  std::unique_ptr<DeviceArray<std::byte>> packed_there_;
  std::unique_ptr<PinnedArray<std::byte>> packed_;
};

/// A thread for each lane, which takes batches until none is left.
void run_batches(const std::vector<std::unique_ptr<Lane>>& lanes, std::uint32_t n_batches) {
  int device = 0;
  require(cudaGetDevice(&device), "asking for the device");
  std::atomic<std::uint32_t> n_taken = 0;
  std::vector<std::future<void>> running;
  for (const auto& lane : lanes) {
    running.push_back(std::async(std::launch::async, [&n_taken, &lane = *lane, device, n_batches] {
      require(cudaSetDevice(device), "choosing the device");
      while (n_taken++ < n_batches) lane.whole_batch();
    }));
  }
  for (auto& lane : running) lane.get();
}

template <class Pixel>
double time_filling(const Lane& lane, const GpuCase& charts, const FrameDrawer& drawer) {
  const std::size_t n_pixels = std::size_t{charts.options.width} * charts.options.height;
  const DeviceArray<Pixel> frames(charts.n_images * n_pixels);
  return seconds_of(lane.stream(), [&] {
    drawer.fill_frames(lane.queue(), lane.packed_there(), charts.n_images, lane.size(), frames.data());
  });
}

}  // namespace

double copy_bytes_per_second() {
  std::size_t n_free = 0;
  std::size_t n_total = 0;
  require(cudaMemGetInfo(&n_free, &n_total), "asking for free memory");
  const std::size_t n_bytes = std::min<std::size_t>(std::size_t{1} << 30, n_free / 4);
  const DeviceArray<std::byte> from(n_bytes);
  const DeviceArray<std::byte> to(n_bytes);
  const Stream stream;
  const double seconds = seconds_of(stream, [&] { stream.copy(to.data(), from.data(), n_bytes); });
  return 2 * static_cast<double>(n_bytes) / seconds;
}

KernelTimes time_kernels(const GpuCase& charts, const FrameDrawer& drawer) {
  const Lane lane(charts, drawer);
  KernelTimes times{};
  times.size = lane.size();
  times.packed_bytes = lane.packed_bytes();
  times.measure_seconds = seconds_of(lane.stream(), [&] { lane.measure(); });
  times.write_seconds = seconds_of(lane.stream(), [&] { lane.write(); });
  times.seconds = seconds_of(lane.stream(), [&] {
    lane.measure();
    lane.write();
  });
  return times;
}

double time_moved(const GpuCase& charts, const FrameDrawer& drawer, std::uint32_t n_streams, std::uint32_t n_batches) {
  std::vector<std::unique_ptr<Lane>> lanes;
  for (std::uint32_t i = 0; i < n_streams; ++i) lanes.push_back(std::make_unique<Lane>(charts, drawer));
  run_batches(lanes, 2 * n_streams);
  std::vector<double> seconds;
  for (int i = 0; i < 5; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    run_batches(lanes, n_batches);
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return median(std::move(seconds));
}

FrameTimes time_frames(const GpuCase& charts, const FrameDrawer& drawer) {
  const Lane lane(charts, drawer);
  return {time_filling<std::uint8_t>(lane, charts, drawer), time_filling<float>(lane, charts, drawer)};
}

bool draws_the_cpus_ink(const GpuCase& charts, const FrameDrawer& drawer) {
  const Lane lane(charts, drawer);
  lane.whole_batch();
  const Ink expected = draw_lines({charts.values.data(), charts.n_images, charts.n_points}, charts.options);
  Ink ink;
  ink.shape = expected.shape;
  drawer.append(lane.packed(), charts.n_images, lane.size(), ink);
  return ink.row_begin == expected.row_begin && ink.runs == expected.runs && ink.coverage == expected.coverage &&
         ink.coverage_begin == expected.coverage_begin;
}

}  // namespace plotmill::bench
