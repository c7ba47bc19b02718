// The job of plotmill put together from libraries, as well as we know how: OpenCV draws, ISA-L, zlib or libjpeg-turbo
// compresses, HDF5 stores. tools/compare_peers runs it:
//
//   opencv_peer MODE IMAGES INPUT.npy OUTPUT WIDTH HEIGHT THREADS
//
//   hdf5-isal   OUTPUT is a file; ISA-L at level 1, whole frames in one call, H5Dwrite_chunk
//   hdf5-zlib1  the same with zlib at level 1
//   jpeg        OUTPUT is a folder; gray files of quality 90 by libjpeg-turbo
//   draw        draws and stores nothing, on one thread
//
// THREADS threads draw and compress, taking blocks of charts as they get free. For HDF5 one more thread calls the
// library, which takes one caller at a time; blocks go to it through a bounded queue and come back to be filled again.
// JPEG files are written by the threads that draw.
//
// OpenCV draws antialiased lines in whole pixels of thickness only: 1, where plotmill's job has 1.4. Points are given
// to 1/16 of a pixel.
#include <fcntl.h>
#include <hdf5.h>
#include <igzip_lib.h>
#include <jpeglib.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <string>
#include <thread>

#include "bench/peers/npy_table.hpp"

namespace {

using plotmill::bench::Table;
using Bytes = std::vector<std::uint8_t>;

struct Size {
  int width, height;
  [[nodiscard]] std::size_t n_pixels() const {
    return static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  }
};

void require(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string(what) + " failed");
}

/// One frame that is drawn anew for each series: black on white.
class Canvas {
 public:
  explicit Canvas(Size size) : frame_(size.height, size.width, CV_8UC1) {}

  const std::uint8_t* draw(std::span<const float> series) {
    clear();
    place(series);
    stroke();
    return frame_.data;
  }

  void clear() { std::memset(frame_.data, 255, frame_.total()); }

  void place(std::span<const float> series) {
    const auto [lo, hi] = std::minmax_element(series.begin(), series.end());
    const float bottom = static_cast<float>(frame_.rows - 1) * one;
    const float up = *hi > *lo ? bottom / (*hi - *lo) : 0.0F;
    const float right =
        static_cast<float>(frame_.cols - 1) * one / static_cast<float>(std::max<std::size_t>(series.size() - 1, 1));
    points_.resize(series.size());
    for (std::size_t i = 0; i < series.size(); ++i) {
      points_[i].x = static_cast<int>(static_cast<float>(i) * right + 0.5F);
      points_[i].y = static_cast<int>(bottom - (series[i] - *lo) * up + 0.5F);
    }
    if (*hi == *lo) {
      for (cv::Point& point : points_) point.y = static_cast<int>(bottom / 2);
    }
  }

  void stroke() {
    const cv::Point* points = points_.data();
    const int n = static_cast<int>(points_.size());
    cv::polylines(frame_, &points, &n, 1, false, cv::Scalar(0), 1, cv::LINE_AA, shift);
  }

 private:
  static constexpr int shift = 4;
  static constexpr float one = 1 << shift;

  cv::Mat frame_;
  std::vector<cv::Point> points_;
};

/// Appends the zlib stream of a frame to `out`.
using Compress = std::function<void(const std::uint8_t* frame, std::size_t n, Bytes& out)>;

/// Room for any stream of `n` bytes: kept, since filling so much memory with zeros for each frame would take time.
std::size_t most_bytes(std::size_t n) { return n + n / 8 + 1024; }

Compress isal_level_1(Size size) {
  struct State {
    isal_zstream stream;
    Bytes level_buffer, out;
  };
  auto state = std::make_shared<State>();
  state->level_buffer.resize(ISAL_DEF_LVL1_DEFAULT);
  state->out.resize(most_bytes(size.n_pixels()));
  return [state](const std::uint8_t* frame, std::size_t n, Bytes& out) {
    isal_zstream& stream = state->stream;
    isal_deflate_stateless_init(&stream);
    stream.level = 1;
    stream.level_buf = state->level_buffer.data();
    stream.level_buf_size = static_cast<std::uint32_t>(state->level_buffer.size());
    stream.gzip_flag = IGZIP_ZLIB;
    stream.end_of_stream = 1;
    stream.flush = NO_FLUSH;
    stream.next_in = const_cast<std::uint8_t*>(frame);
    stream.avail_in = static_cast<std::uint32_t>(n);
    stream.next_out = state->out.data();
    stream.avail_out = static_cast<std::uint32_t>(state->out.size());
    require(isal_deflate_stateless(&stream) == COMP_OK, "isal_deflate_stateless");
    out.insert(out.end(), state->out.data(), state->out.data() + stream.total_out);
  };
}

Compress zlib_level_1(Size size) {
  struct State {
    z_stream stream{};
    Bytes out;
    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { deflateEnd(&stream); }
  };
  auto state = std::make_shared<State>();
  require(deflateInit(&state->stream, 1) == Z_OK, "deflateInit");
  state->out.resize(most_bytes(size.n_pixels()));
  return [state](const std::uint8_t* frame, std::size_t n, Bytes& out) {
    z_stream& stream = state->stream;
    require(deflateReset(&stream) == Z_OK, "deflateReset");
    stream.next_in = const_cast<std::uint8_t*>(frame);
    stream.avail_in = static_cast<unsigned>(n);
    stream.next_out = state->out.data();
    stream.avail_out = static_cast<unsigned>(state->out.size());
    require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "deflate");
    out.insert(out.end(), state->out.data(), state->out.data() + stream.total_out);
  };
}

/// Streams of neighbouring charts.
struct Block {
  std::size_t first = 0;
  Bytes bytes;
  std::vector<std::size_t> begin;  ///< [n + 1]
};

/// A queue that makes the giver wait while it is full. take() gives nothing once it is closed and empty.
class Queue {
 public:
  explicit Queue(std::size_t most) : most_(most) {}

  void put(std::unique_ptr<Block> block) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return blocks_.size() < most_ || closed_; });
    blocks_.push_back(std::move(block));
    changed_.notify_all();
  }

  std::unique_ptr<Block> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !blocks_.empty() || closed_; });
    if (blocks_.empty()) return nullptr;
    std::unique_ptr<Block> block = std::move(blocks_.front());
    blocks_.pop_front();
    changed_.notify_all();
    return block;
  }

  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  std::size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Block>> blocks_;
  bool closed_ = false;
};

/// Runs work(begin, end) for all blocks of charts on `n_threads` threads; make_work() makes one for each thread. The
/// first failure ends the run.
template <class MakeWork>
void for_blocks(std::size_t n, int n_threads, const MakeWork& make_work) {
  constexpr std::size_t block = 32;
  std::atomic<std::size_t> next = 0;
  std::exception_ptr failure;
  std::mutex mutex;
  std::vector<std::thread> threads;
  for (int i = 0; i < n_threads; ++i) {
    threads.emplace_back([&] {
      try {
        auto work = make_work();
        for (std::size_t begin = next.fetch_add(block); begin < n; begin = next.fetch_add(block)) {
          work(begin, std::min(begin + block, n));
        }
      } catch (...) {
        const std::lock_guard lock(mutex);
        failure = std::current_exception();
        next = n;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

/// The file: /images, a chunk for each chart, and /sequences, as plotmill stores them.
class Hdf5File {
 public:
  Hdf5File(const std::string& path, const Table& table, Size size) {
    // The newest format of this library: a chunk's place is found in an array instead of a tree.
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    require(H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST) >= 0, "H5Pset_libver_bounds");
    file_ = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
    H5Pclose(access);
    require(file_ >= 0, "H5Fcreate");
    const hsize_t shape[] = {table.n_series, static_cast<hsize_t>(size.height), static_cast<hsize_t>(size.width)};
    const hsize_t chunk[] = {1, shape[1], shape[2]};
    const hid_t create = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(create, 3, chunk);
    H5Pset_deflate(create, 1);
    const hid_t space = H5Screate_simple(3, shape, nullptr);
    images_ = H5Dcreate2(file_, "images", H5T_NATIVE_UINT8, space, H5P_DEFAULT, create, H5P_DEFAULT);
    H5Sclose(space);
    H5Pclose(create);
    require(images_ >= 0, "H5Dcreate2");
    const hsize_t series[] = {table.n_series, table.n_points};
    const hid_t series_space = H5Screate_simple(2, series, nullptr);
    const hid_t sequences =
        H5Dcreate2(file_, "sequences", H5T_NATIVE_FLOAT, series_space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    require(sequences >= 0 &&
                H5Dwrite(sequences, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, table.values.data()) >= 0,
            "/sequences");
    H5Dclose(sequences);
    H5Sclose(series_space);
  }
  Hdf5File(const Hdf5File&) = delete;
  Hdf5File& operator=(const Hdf5File&) = delete;
  ~Hdf5File() {
    H5Dclose(images_);
    H5Fclose(file_);
  }

  void write(const Block& block) {
    for (std::size_t i = 0; i + 1 < block.begin.size(); ++i) {
      const hsize_t offset[] = {block.first + i, 0, 0};
      require(H5Dwrite_chunk(images_, H5P_DEFAULT, 0, offset, block.begin[i + 1] - block.begin[i],
                             block.bytes.data() + block.begin[i]) >= 0,
              "H5Dwrite_chunk");
    }
  }

 private:
  hid_t file_, images_;
};

void write_hdf5(const Table& table, Size size, const std::string& path, int n_threads,
                Compress (*make_compress)(Size)) {
  Hdf5File file(path, table, size);
  const auto most = static_cast<std::size_t>(2 * n_threads + 2);
  Queue full(most);
  Queue empty(most);
  for (std::size_t i = 0; i < most; ++i) empty.put(std::make_unique<Block>());
  std::exception_ptr failure;
  std::thread writer([&] {
    try {
      while (std::unique_ptr<Block> block = full.take()) {
        file.write(*block);
        empty.put(std::move(block));
      }
    } catch (...) {
      failure = std::current_exception();
      empty.close();
      full.close();
    }
  });
  const auto end = [&] {
    full.close();
    writer.join();
  };
  try {
    for_blocks(table.n_series, n_threads, [&] {
      return [&, canvas = Canvas(size), compress = make_compress(size)](std::size_t first, std::size_t last) mutable {
        std::unique_ptr<Block> block = empty.take();
        if (!block) return;
        block->first = first;
        block->bytes.clear();
        block->begin.assign(1, 0);
        for (std::size_t i = first; i < last; ++i) {
          compress(canvas.draw(table.series(i)), size.n_pixels(), block->bytes);
          block->begin.push_back(block->bytes.size());
        }
        full.put(std::move(block));
      };
    });
  } catch (...) {
    end();
    throw;
  }
  end();
  if (failure) std::rethrow_exception(failure);
}

/// libjpeg's own handlers end the process on an error, which will do here.
class JpegFiles {
 public:
  JpegFiles(Size size, std::string folder) : size_(size), folder_(std::move(folder)), buffer_(size.n_pixels() + 65536) {
    jpeg_.err = jpeg_std_error(&error_);
    jpeg_create_compress(&jpeg_);
    jpeg_.image_width = static_cast<JDIMENSION>(size.width);
    jpeg_.image_height = static_cast<JDIMENSION>(size.height);
    jpeg_.input_components = 1;
    jpeg_.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&jpeg_);
    jpeg_set_quality(&jpeg_, 90, TRUE);
    rows_.resize(static_cast<std::size_t>(size.height));
  }
  JpegFiles(const JpegFiles&) = delete;
  JpegFiles& operator=(const JpegFiles&) = delete;
  ~JpegFiles() { jpeg_destroy_compress(&jpeg_); }

  void write(std::size_t index, const std::uint8_t* frame) {
    for (std::size_t y = 0; y < rows_.size(); ++y) {
      rows_[y] = const_cast<JSAMPROW>(frame + y * static_cast<std::size_t>(size_.width));
    }
    unsigned char* out = buffer_.data();
    unsigned long n_out = buffer_.size();
    jpeg_mem_dest(&jpeg_, &out, &n_out);
    jpeg_start_compress(&jpeg_, TRUE);
    while (jpeg_.next_scanline < jpeg_.image_height) {
      jpeg_write_scanlines(&jpeg_, rows_.data() + jpeg_.next_scanline, jpeg_.image_height - jpeg_.next_scanline);
    }
    jpeg_finish_compress(&jpeg_);
    require(out == buffer_.data(), "room for a JPEG file");
    char name[32];
    std::snprintf(name, sizeof(name), "/%06zu.jpg", index);
    const int file = ::open((folder_ + name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    require(file >= 0 && ::write(file, out, n_out) == static_cast<ssize_t>(n_out) && ::close(file) == 0,
            "writing a file");
  }

 private:
  Size size_;
  std::string folder_;
  Bytes buffer_;
  std::vector<JSAMPROW> rows_;
  jpeg_error_mgr error_{};
  jpeg_compress_struct jpeg_{};
};

void write_jpeg(const Table& table, Size size, const std::string& folder, int n_threads) {
  std::filesystem::create_directories(folder);
  for_blocks(table.n_series, n_threads, [&] {
    return [&, canvas = Canvas(size), files = std::make_unique<JpegFiles>(size, folder)](std::size_t first,
                                                                                         std::size_t last) mutable {
      for (std::size_t i = first; i < last; ++i) files->write(i, canvas.draw(table.series(i)));
    };
  });
}

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// Also tells what clearing the frame and placing the points take of it.
void draw_only(const Table& table, Size size) {
  Canvas canvas(size);
  std::size_t dark = 0;
  const double seconds = seconds_of([&] {
    for (std::size_t i = 0; i < table.n_series; ++i) dark += canvas.draw(table.series(i))[i % size.n_pixels()] < 255;
  });
  const double around = seconds_of([&] {
    for (std::size_t i = 0; i < table.n_series; ++i) canvas.clear(), canvas.place(table.series(i));
  });
  std::printf("{\"images\": %zu, \"seconds\": %.6f, \"clear_and_place_seconds\": %.6f, \"dark\": %zu}\n",
              table.n_series, seconds, around, dark);
}

int run(char** argv) {
  const std::string mode = argv[1];
  const std::string output = argv[4];
  const Size size{std::atoi(argv[5]), std::atoi(argv[6])};
  const int n_threads = std::atoi(argv[7]);
  cv::setNumThreads(1);
  Table table;
  const double seconds = seconds_of([&] {
    table = plotmill::bench::read_table(argv[3], std::strtoul(argv[2], nullptr, 10));
    if (mode == "hdf5-isal") write_hdf5(table, size, output, n_threads, isal_level_1);
    if (mode == "hdf5-zlib1") write_hdf5(table, size, output, n_threads, zlib_level_1);
    if (mode == "jpeg") write_jpeg(table, size, output, n_threads);
  });
  if (mode == "draw") {
    draw_only(table, size);
  } else if (mode == "hdf5-isal" || mode == "hdf5-zlib1" || mode == "jpeg") {
    std::printf("{\"images\": %zu, \"seconds\": %.6f}\n", table.n_series, seconds);
  } else {
    throw std::runtime_error("no mode " + mode);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 8) return run(argv);
    std::fprintf(stderr, "usage: opencv_peer MODE IMAGES INPUT.npy OUTPUT WIDTH HEIGHT THREADS\n");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "opencv_peer: %s\n", error.what());
  }
  return 2;
}
