// The HDF5 file of opencv_peer: threads draw and compress, one more calls the library.
#include <hdf5.h>

#include "bench/peers/opencv_peer.hpp"
#include "bench/peers/peer_threads.hpp"

namespace plotmill::bench {

namespace {

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

}  // namespace

void write_hdf5(const Table& table, Size size, const std::string& path, int n_threads, MakeCompress make_compress) {
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

}  // namespace plotmill::bench
