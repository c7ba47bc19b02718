// Charts drawn by OpenCV, for the programs that plotmill is compared with.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <opencv2/imgproc.hpp>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace plotmill::bench {

using Bytes = std::vector<std::uint8_t>;

struct Size {
  int width, height;
  [[nodiscard]] std::size_t n_pixels() const {
    return static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  }
};

inline void require(bool good, const char* what) {
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

}  // namespace plotmill::bench
