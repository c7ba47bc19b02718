// The JPEG files of opencv_peer, by libjpeg-turbo.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
// After what declares FILE.
#include <jpeglib.h>

#include <filesystem>
#include <memory>

#include "bench/peers/opencv_peer.hpp"
#include "bench/peers/peer_threads.hpp"

namespace plotmill::bench {

namespace {

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

}  // namespace

void write_jpeg(const Table& table, Size size, const std::string& folder, int n_threads) {
  std::filesystem::create_directories(folder);
  for_blocks(table.n_series, n_threads, [&] {
    return [&, canvas = Canvas(size), files = std::make_unique<JpegFiles>(size, folder)](std::size_t first,
                                                                                         std::size_t last) mutable {
      for (std::size_t i = first; i < last; ++i) files->write(i, canvas.draw(table.series(i)));
    };
  });
}

}  // namespace plotmill::bench
