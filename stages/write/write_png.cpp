// Writes each image as a PNG file.
#include <optional>

#include "kernels/deflate/encode_png.hpp"
#include "stages/write/image_files_writer.hpp"
#include "stages/write/learned_code.hpp"

namespace plotmill {
namespace {

class WritePng final : public ImageFilesWriter {
 public:
  WritePng() : ImageFilesWriter("{index:06}.png") {}

  [[nodiscard]] Footprint footprint() const override {
    return {kernels::PngEncoder::max_bytes(shape_) + sizeof(std::size_t), sizeof(kernels::PngEncoder)};
  }

  [[nodiscard]] std::size_t n_learned_images() const override { return LearnedCode::n_images; }
  void learn(const Ink& ink) override { code_->learn(ink); }

 protected:
  void make_encoders(const ImageShape& images, std::size_t n_lanes) override {
    shape_ = images;
    code_.emplace(kernels::PixelLayout{images, kernels::PixelType::uint8, true});
    encoders_.resize(n_lanes);
  }

  void encode_image(const InkImageView& image, std::vector<std::uint8_t>& out, std::size_t lane) override {
    std::optional<kernels::PngEncoder>& encoder = encoders_[lane];
    if (!encoder) encoder.emplace(code_->get());
    encoder->encode(image, out);
  }

 private:
  ImageShape shape_;
  std::optional<LearnedCode> code_;
  std::vector<std::optional<kernels::PngEncoder>> encoders_;  ///< One for each lane, from its first image on.
};

}  // namespace

StageInfo write_png_stage() {
  return {.type = "write_png", .summary = "Writes each image as a grayscale PNG file of its own.", .make = [] {
            return std::unique_ptr<Writer>(new WritePng);
          }};
}

}  // namespace plotmill
