// Writes each image as a JPEG file.
#include "kernels/jpeg/encode.hpp"
#include "stages/write/image_files_writer.hpp"

namespace plotmill {
namespace {

class WriteJpeg final : public ImageFilesWriter {
 public:
  WriteJpeg() : ImageFilesWriter("{index:06}.jpg") {}

  void declare(Options& options) override {
    ImageFilesWriter::declare(options);
    options.add({.name = "quality",
                 .target = &quality_,
                 .min = 1,
                 .max = 100,
                 .doc = "libjpeg's quality: more is closer to the drawing and longer."});
  }

  [[nodiscard]] Footprint footprint() const override {
    return {kernels::JpegEncoder::max_bytes(shape_) + sizeof(std::size_t), kernels::JpegEncoder::footprint(shape_)};
  }

 protected:
  void make_encoders(const ImageShape& images, std::size_t n_lanes) override {
    shape_ = images;
    encoders_.clear();
    encoders_.reserve(n_lanes);
    for (std::size_t lane = 0; lane < n_lanes; ++lane) encoders_.emplace_back(images, static_cast<int>(quality_));
  }

  void encode_image(const InkImageView& image, std::vector<std::uint8_t>& out, std::size_t lane) override {
    encoders_[lane].encode(image, out);
  }

 private:
  std::int64_t quality_ = 90;
  ImageShape shape_;
  std::vector<kernels::JpegEncoder> encoders_;
};

}  // namespace

StageInfo write_jpeg_stage() {
  return {.type = "write_jpeg", .summary = "Writes each image as a grayscale JPEG file of its own.", .make = [] {
            return std::unique_ptr<Writer>(new WriteJpeg);
          }};
}

}  // namespace plotmill
