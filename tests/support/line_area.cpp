#include "support/line_area.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace plotmill::test {
namespace {

struct Section {
  double top = std::numeric_limits<double>::infinity();
  double bottom = -std::numeric_limits<double>::infinity();

  void include(double y) {
    top = std::min(top, y);
    bottom = std::max(bottom, y);
  }
};

struct Point {
  double x, y;
};

void include_disc(Section& section, const Point& centre, double r, double x) {
  const double d = x - centre.x;
  if (std::abs(d) > r) return;
  const double half = std::sqrt(r * r - d * d);
  section.include(centre.y - half);
  section.include(centre.y + half);
}

/// The rectangle around a segment, by the sides that the vertical at x crosses.
void include_rectangle(Section& section, const Point& a, const Point& b, double r, double x) {
  const double length = std::hypot(b.x - a.x, b.y - a.y);
  if (length <= 0) return;
  const double nx = -(b.y - a.y) / length * r;
  const double ny = (b.x - a.x) / length * r;
  const Point corners[] = {{a.x + nx, a.y + ny}, {b.x + nx, b.y + ny}, {b.x - nx, b.y - ny}, {a.x - nx, a.y - ny}};
  for (int i = 0; i < 4; ++i) {
    const Point& from = corners[i];
    const Point& to = corners[(i + 1) % 4];
    if (x < std::min(from.x, to.x) || x > std::max(from.x, to.x) || from.x == to.x) continue;
    section.include(from.y + (x - from.x) / (to.x - from.x) * (to.y - from.y));
  }
}

/// What of the vertical at x the stroke covers: as x rises along the line, that is one section.
Section section_at(const PixelLine& line, double x) {
  const double r = line.width_px / 2;
  const auto first = std::ranges::lower_bound(line.x, x - r) - line.x.begin();
  const auto from = static_cast<std::size_t>(std::max<std::ptrdiff_t>(first - 1, 0));
  Section section;
  for (std::size_t k = from; k < line.x.size() && (k == from || line.x[k - 1] <= x + r); ++k) {
    include_disc(section, {line.x[k], line.y[k]}, r, x);
    if (k > from) include_rectangle(section, {line.x[k - 1], line.y[k - 1]}, {line.x[k], line.y[k]}, r, x);
  }
  return section;
}

/// The share of a row's height that a section covers.
double share_of(const Section& section, double row, int n_down) {
  const double top = std::max(section.top, row - 0.5);
  const double bottom = std::min(section.bottom, row + 0.5);
  if (n_down == 0) return std::max(bottom - top, 0.0);
  // Points lie at row - 1/2 + (i + 1/2) / n_down.
  const double first = std::ceil((top - row + 0.5) * n_down - 0.5);
  const double last = std::floor((bottom - row + 0.5) * n_down - 0.5);
  return std::max(last - first + 1, 0.0) / n_down;
}

}  // namespace

std::vector<double> covered_area(const PixelLine& line, std::uint32_t width, std::uint32_t height, int n_across,
                                 int n_down) {
  std::vector<double> area(std::size_t{width} * height, 0.0);
  for (std::uint32_t column = 0; column < width; ++column) {
    for (int i = 0; i < n_across; ++i) {
      const Section section = section_at(line, column - 0.5 + (i + 0.5) / n_across);
      const double first = std::max(std::floor(section.top + 0.5), 0.0);
      const double last = std::min(std::floor(section.bottom + 0.5), height - 1.0);
      for (double row = first; row <= last; ++row) {
        area[static_cast<std::size_t>(row) * width + column] += 255.0 / n_across * share_of(section, row, n_down);
      }
    }
  }
  return area;
}

}  // namespace plotmill::test
