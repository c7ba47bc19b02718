// Writes each image as a PNG file.
#include <mutex>
#include <optional>

#include "kernels/encode_png.hpp"
#include "stages/image_files_writer.hpp"

namespace plotmill {
namespace {

class WritePng final : public ImageFilesWriter {
 public:
  WritePng() : ImageFilesWriter("{index:06}.png") {}

  [[nodiscard]] Footprint footprint() const override {
    return {kernels::PngEncoder::max_bytes(shape_) + sizeof(std::size_t), sizeof(kernels::PngEncoder)};
  }

  // More teach nothing new, and cost a few milliseconds.
  [[nodiscard]] std::size_t n_learned_images() const override { return 32; }

  void learn(const Ink& ink) override {
    for (std::size_t i = 0; i < ink.n_images(); ++i) statistics_->add(ink.image(i));
  }

 protected:
  void make_encoders(const ImageShape& images, std::size_t n_lanes) override {
    shape_ = images;
    n_lanes_ = n_lanes;
    statistics_.emplace(kernels::PixelLayout{images, kernels::PixelType::uint8, true});
  }

  void encode_image(const InkImageView& image, std::vector<std::uint8_t>& out, std::size_t lane) override {
    std::call_once(learned_, [&] {
      code_.emplace(*statistics_);
      encoders_.assign(n_lanes_, kernels::PngEncoder(*code_));
    });
    encoders_[lane].encode(image, out);
  }

 private:
  ImageShape shape_;
  std::size_t n_lanes_ = 1;
  std::optional<kernels::InkStatistics> statistics_;
  std::once_flag learned_;  ///< Guards what follows.
  std::optional<kernels::InkCode> code_;
  std::vector<kernels::PngEncoder> encoders_;  ///< One for each lane.
};

}  // namespace

StageInfo write_png_stage() {
  return {.type = "write_png", .summary = "Writes each image as a grayscale PNG file of its own.", .make = [] {
            return std::unique_ptr<Writer>(new WritePng);
          }};
}

}  // namespace plotmill
