// Writes each image as a PNG file.
#include "kernels/encode_png.hpp"
#include "stages/image_files_writer.hpp"

namespace plotmill {
namespace {

class WritePng final : public ImageFilesWriter {
 public:
  WritePng() : ImageFilesWriter("{index:06}.png") {}

  [[nodiscard]] Footprint footprint() const override {
    return {kernels::PngEncoder::max_bytes(shape_) + sizeof(std::size_t), kernels::PngEncoder::footprint(shape_)};
  }

 protected:
  void make_encoders(const ImageShape& images, std::size_t n_lanes) override {
    shape_ = images;
    encoders_.clear();
    encoders_.reserve(n_lanes);
    for (std::size_t lane = 0; lane < n_lanes; ++lane) encoders_.emplace_back(images);
  }

  void encode_image(const InkImageView& image, std::vector<std::uint8_t>& out, std::size_t lane) override {
    encoders_[lane].encode(image, out);
  }

 private:
  ImageShape shape_;
  std::vector<kernels::PngEncoder> encoders_;
};

}  // namespace

StageInfo write_png_stage() {
  return {.type = "write_png", .summary = "Writes each image as a grayscale PNG file of its own.", .make = [] {
            return std::unique_ptr<Writer>(new WritePng);
          }};
}

}  // namespace plotmill
