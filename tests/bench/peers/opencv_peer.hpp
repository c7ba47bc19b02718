// The jobs of opencv_peer, one for each kind of output.
#pragma once

#include <functional>
#include <string>

#include "bench/peers/npy_table.hpp"
#include "bench/peers/opencv_canvas.hpp"

namespace plotmill::bench {

/// Appends the zlib stream of a frame to `out`.
using Compress = std::function<void(const std::uint8_t* frame, std::size_t n, Bytes& out)>;

/// Makes a Compress for one thread.
using MakeCompress = Compress (*)(Size);
Compress isal_level_1(Size size);
Compress zlib_level_1(Size size);

void write_hdf5(const Table& table, Size size, const std::string& path, int n_threads, MakeCompress make_compress);

/// Gray files of quality 90.
void write_jpeg(const Table& table, Size size, const std::string& folder, int n_threads);

}  // namespace plotmill::bench
