// See learning.hpp.
#include "engine/run/learning.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace plotmill {
namespace {

/// Random walks and noise within the range of the first series. The first charts of a run may be unlike the rest (one
/// symbol, a quiet night); what is learned from half as many of such as of these is close to what all charts would
/// teach. Measured on 94,303 candles: files 2.7 % smaller than with the first 64 alone, 0.2 % larger than with charts
/// of them all.
class MadeUpSeries {
 public:
  explicit MadeUpSeries(const Sequences& like) : values_(like.n_points) {
    for (const double value : like.values) {
      if (!std::isfinite(value)) continue;
      lo_ = known_ ? std::min(lo_, value) : value;
      hi_ = known_ ? std::max(hi_, value) : value;
      known_ = true;
    }
  }

  SequencesView next() {
    const bool is_walk = ++n_made_ % 2 == 0;
    double least = 0;
    double greatest = 0;
    double position = 0;
    std::vector<double> points(values_.size());
    for (double& point : points) {
      const double step = static_cast<double>(random() >> 40U) * 0x1p-24 - 0.5;
      position = is_walk ? position + step : step;
      point = position;
      least = std::min(least, position);
      greatest = std::max(greatest, position);
    }
    const double range = std::max(greatest - least, 1e-9);
    std::ranges::transform(points, values_.begin(),
                           [&](double point) { return std::lerp(lo_, hi_, (point - least) / range); });
    return {values_.data(), 1, values_.size()};
  }

 private:
  // xorshift64 (Marsaglia 2003): any numbers do, as long as they are always the same.
  std::uint64_t random() {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 7U;
    return state_ ^= state_ << 17U;
  }

  std::vector<double> values_;
  bool known_ = false;
  double lo_ = 0;
  double hi_ = 1;
  std::uint64_t state_ = 0x9e3779b97f4a7c15U;
  std::size_t n_made_ = 0;
};

}  // namespace

bool learn_from_first(RunStages& stages, Sequences& first) {
  std::size_t n_wanted = 0;
  for (const auto& writer : stages.writers) n_wanted = std::max(n_wanted, writer->stage->n_learned_images());
  if (n_wanted == 0) return true;
  first.n_points = stages.series.n_points;
  const bool more = at_place(stages.reader.place(), [&] { return stages.reader.stage->read(first, n_wanted); });

  for (std::size_t d = 0; d < stages.drawers.size(); ++d) {
    DrawerNode& drawer = *stages.drawers[d];
    Ink ink;
    ink.shape = drawer.shape;
    const auto show = [&](const SequencesView& series, std::size_t i) {
      ink.clear();
      at_place(drawer.place(), [&] { drawer.stage->draw(series, ink, 0); });
      for (const auto& writer : stages.writers) {
        if (writer->drawer != d || i >= writer->stage->n_learned_images()) continue;
        at_place(writer->place(), [&] { writer->stage->learn(ink); });
      }
    };
    MadeUpSeries made_up(first);
    try {
      for (std::size_t i = 0; i < first.size(); ++i) {
        const std::span<const double> series = first.view().series(i);
        const bool is_bad = std::ranges::any_of(first.bad, [&](const BadSeries& bad) { return bad.index == i; });
        if (!is_bad && !drawer.stage->refuse(series)) show({series.data(), 1, first.n_points}, i);
      }
      for (std::size_t i = 0; i < n_wanted; ++i) show(made_up.next(), i);
    } catch (const Error& error) {
      if (!error.series()) throw;
    }
  }
  return more;
}

}  // namespace plotmill
