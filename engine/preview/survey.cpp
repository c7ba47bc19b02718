// See survey.hpp.
#include "engine/preview/survey.hpp"

#include <algorithm>

#include "engine/run/learning.hpp"
#include "plotmill/contact_sheet.hpp"

namespace plotmill {
namespace {

/// For an input of unknown length; of candles that is 300,000 rows and more.
constexpr double count_seconds = 0.3;
/// Enough to tell how fast an input of known length is read.
constexpr double rate_seconds = 0.02;
/// Sizes of charts of candles differ by a third: their mean is known to 2 % then.
constexpr std::size_t most_typical = 256;
constexpr std::size_t most_batch = 64;
/// Very long series are fewer.
constexpr std::size_t most_bytes = std::size_t{32} << 20U;

std::size_t fewer(std::size_t n_series, std::size_t n_points) {
  return std::clamp(most_bytes / (n_points * sizeof(double)), std::size_t{1}, n_series);
}

double elapsed_seconds(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void append(const Sequences& from, std::size_t i, std::uint64_t index, Picked& to) {
  to.series.n_points = from.n_points;
  for (const BadSeries& bad : from.bad) {
    if (bad.index != i) continue;
    to.series.bad.push_back(bad);
    to.series.bad.back().index = to.series.size();
  }
  std::ranges::copy(from.view().series(i), to.series.append(from.sources[i]).begin());
  to.indices.push_back(index);
}

/// Keeps series at equal distances, however many come.
class Typical {
 public:
  explicit Typical(std::size_t n_points) : most_kept_(2 * fewer(most_typical, n_points)) {}

  void offer(const Sequences& batch, std::uint64_t first_index) {
    if (n_offered_++ % step_ != 0) return;
    append(batch, 0, first_index, kept_);
    if (kept_.indices.size() < most_kept_) return;
    Picked half;
    for (std::size_t i = 0; i < kept_.indices.size(); i += 2) append(kept_.series, i, kept_.indices[i], half);
    kept_ = std::move(half);
    step_ *= 2;
  }

  [[nodiscard]] Picked take() { return std::move(kept_); }

 private:
  std::size_t most_kept_;
  Picked kept_;
  std::uint64_t step_ = 1;
  std::uint64_t n_offered_ = 0;
};

/// A reader from its first series on.
class Walk {
 public:
  Walk(ReaderNode& reader, std::size_t n_points, const std::atomic<bool>& cancelled)
      : reader_(reader), cancelled_(cancelled) {
    batch_.n_points = n_points;
  }

  /// `first` was read, and whether there is more.
  void begin(const Sequences& first, bool more) {
    position_ = first.size();
    groups_ = first.new_groups;
    more_ = more;
  }

  /// The next series, up to n of them; valid until the next call.
  const Sequences& read(std::size_t n) {
    stop_if(cancelled_);
    batch_.clear();
    more_ = at_place(reader_.place(), [&] { return reader_.stage->read(batch_, n); });
    groups_.insert(groups_.end(), batch_.new_groups.begin(), batch_.new_groups.end());
    position_ += batch_.size();
    return batch_;
  }

  void go_to(std::uint64_t index) {
    if (index > position_ && position_ > 0 && reader_.stage->skip(index - position_)) position_ = index;
    while (index > position_ && more_)
      (void)read(std::min<std::uint64_t>(fewer(most_batch, batch_.n_points), index - position_));
  }

  [[nodiscard]] bool more() const { return more_; }
  [[nodiscard]] std::uint64_t position() const { return position_; }
  [[nodiscard]] const std::vector<std::string>& groups() const { return groups_; }

 private:
  ReaderNode& reader_;
  const std::atomic<bool>& cancelled_;
  Sequences batch_;
  std::vector<std::string> groups_;
  std::uint64_t position_ = 0;
  bool more_ = true;
};

/// The series of these numbers, which ascend, from a reader of its own.
Picked pick(const Definition& definition, const std::vector<std::uint64_t>& indices, const std::atomic<bool>& cancelled,
            std::vector<std::string>& groups) {
  RunStages stages(definition, {}, Purpose::rehearsal);
  Walk walk(stages.reader, stages.series.n_points, cancelled);
  Picked picked;
  for (const std::uint64_t index : indices) {
    walk.go_to(index);
    const Sequences& one = walk.read(1);
    if (one.size() == 1) append(one, 0, index, picked);
  }
  groups = walk.groups();
  return picked;
}

}  // namespace

void stop_if(const std::atomic<bool>& cancelled) {
  if (cancelled) throw Error(ErrorKind::cancelled, "cancelled; nothing was written");
}

Survey survey_input(const Definition& definition, RunStages& stages, const SurveyOptions& options,
                    const std::atomic<bool>& cancelled) {
  Survey survey;
  Reader& reader = *stages.reader.stage;
  survey.n_series = stages.series.n_series;
  survey.is_exact = survey.n_series.has_value();
  if (options.spread && !survey.n_series && !reader.share_read()) {
    throw Error(ErrorKind::input, stages.reader.place(),
                "charts spread over an input of unknown length need to read it twice, and this one can be read only "
                "once; store it in a file, or look at its first charts");
  }

  Sequences first;
  first.n_points = stages.series.n_points;
  bool more = learn_from_first(stages, first);
  const std::size_t n_first = std::max(first.size(), options.count);
  if (more && first.size() < n_first) {
    more = at_place(stages.reader.place(), [&] { return reader.read(first, n_first); });
  }
  Walk walk(stages.reader, stages.series.n_points, cancelled);
  walk.begin(first, more);
  const std::size_t n_points = stages.series.n_points;
  Typical typical(n_points);
  if (first.size() > 0) typical.offer(first, 0);

  const auto start = Clock::now();
  const double most_seconds = survey.is_exact ? rate_seconds : count_seconds;
  const bool whole = options.spread && !survey.is_exact;
  while (walk.more() && (whole || elapsed_seconds(start) < most_seconds)) {
    const std::uint64_t index = walk.position();
    const Sequences& batch = walk.read(fewer(most_batch, n_points));
    if (batch.size() > 0) typical.offer(batch, index);
  }
  if (walk.position() > first.size()) {
    survey.read_seconds = elapsed_seconds(start) / static_cast<double>(walk.position() - first.size());
  }
  if (!walk.more()) {
    survey.n_series = walk.position();
    survey.is_exact = true;
  } else if (const auto share = reader.share_read(); !survey.is_exact && share && *share > 0) {
    survey.n_series = static_cast<std::uint64_t>(static_cast<double>(walk.position()) / *share);
  }
  survey.groups = walk.groups();

  survey.typical = typical.take();
  if (options.spread) {
    survey.shown =
        pick(definition, spread_indices(survey.n_series.value_or(0), options.count), cancelled, survey.groups);
  } else {
    for (std::size_t i = 0; i < std::min(options.count, first.size()); ++i) append(first, i, i, survey.shown);
  }
  if (stages.series.n_series && walk.more()) {
    std::vector<std::string> same_groups;
    survey.typical = pick(definition, spread_indices(*stages.series.n_series, fewer(most_typical, n_points)), cancelled,
                          same_groups);
  }
  return survey;
}

}  // namespace plotmill
