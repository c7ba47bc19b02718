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
#include "bench/peers/opencv_peer.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>

using namespace plotmill::bench;

namespace {

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
    table = read_table(argv[3], std::strtoul(argv[2], nullptr, 10));
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
