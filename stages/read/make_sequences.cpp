// Makes random walks: the reader that needs no data.
#include <algorithm>

#include "plotmill/stage.hpp"

namespace plotmill {
namespace {

// SplitMix64 (Steele, Lea, Flood 2014): small, and the same numbers on every platform. Seeding it with the series'
// number makes every series independent of how many were made before it.
std::uint64_t next_random(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

// So many steps of at most 2^15 never lead beyond 2^24, up to where each whole number is a float32.
constexpr std::int64_t most_float32_window = 512;

class MakeSequences final : public Reader {
 public:
  void declare(Options& options) override {
    options.add({.name = "count", .target = &count_, .min = 0, .max = 1e15, .doc = "How many series to make."});
    options.add({.name = "window",
                 .target = &window_,
                 .min = 1,
                 .max = 16777216,
                 .unit = "points",
                 .doc = "Points of each series."});
    options.add({.name = "seed", .target = &seed_, .min = 0, .max = 9e15, .doc = "Another seed makes other series."});
    options.add({.name = "limit",
                 .target = &limit_,
                 .min = 0,
                 .max = 1e15,
                 .doc = "Make at most so many series; 0 makes all."});
  }

  SeriesShape open(const RunSetup&) override {
    n_ = static_cast<std::uint64_t>(limit_ > 0 ? std::min(limit_, count_) : count_);
    return {static_cast<std::size_t>(window_), n_,
            window_ <= most_float32_window ? ValueType::float32 : ValueType::float64};
  }

  [[nodiscard]] std::optional<std::string> identity() override { return ""; }

  bool read(Sequences& out, std::size_t at_most) override {
    if (next_ == 0) out.new_groups.emplace_back("random walk");
    for (; out.size() < at_most && next_ < n_; ++next_) {
      std::uint64_t state = static_cast<std::uint64_t>(seed_) * 0x9e3779b97f4a7c15U ^ (next_ * 0xd1342543de82ef95U);
      // Whole-number steps keep the sum exact.
      std::int64_t position = 0;
      for (double& value : out.append({0, next_ * static_cast<std::uint64_t>(window_)})) {
        position += static_cast<std::int64_t>(next_random(state) >> 48U) - 32768;
        value = static_cast<double>(position) / 32768;
      }
    }
    return next_ < n_;
  }

  [[nodiscard]] bool skip(std::uint64_t n) override {
    next_ += n;
    return true;
  }

 private:
  std::int64_t count_ = 1000;
  std::int64_t window_ = 100;
  std::int64_t seed_ = 1;
  std::int64_t limit_ = 0;
  std::uint64_t n_ = 0;
  std::uint64_t next_ = 0;
};

}  // namespace

StageInfo make_sequences_stage() {
  return {.type = "make_sequences",
          .summary = "Makes random walks from a seed, for trying things out without data.",
          .make = [] { return std::unique_ptr<Reader>(new MakeSequences); }};
}

}  // namespace plotmill
