// The built-in stages, with writers that tell a test what they are about to do: it may throw then, cancel the run or
// end the process.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "plotmill/registry.hpp"
#include "plotmill/stage.hpp"

namespace plotmill::test {

/// Follows the writers of one run, which it must outlive.
class Watcher {
 public:
  static constexpr std::uint64_t everything = std::numeric_limits<std::uint64_t>::max();

  /// A writer, by its number in the definition, is before or after ("commit", "committed") a step, or stands in the
  /// middle of a run at its beginning ("opened"); it has so many images. On the writers' threads,
  /// one at a time.
  std::function<void(std::size_t writer, const std::string& step, std::uint64_t n_images)> on =
      [](std::size_t, const std::string&, std::uint64_t) {};

  /// What every writer was given, and what of that is stored for good. Of writers that have finished `everything`.
  std::vector<std::uint64_t> given;
  std::vector<std::uint64_t> safe;

  std::size_t add_writer(std::uint64_t n_stored) {
    const std::lock_guard lock(mutex_);
    given.push_back(n_stored);
    safe.push_back(n_stored);
    return given.size() - 1;
  }

  void tell(std::size_t writer, const std::string& step, std::uint64_t n_images) {
    const std::lock_guard lock(mutex_);
    if (step == "committed") given[writer] = std::max(given[writer], n_images);
    if (step == "checkpointed") safe[writer] = std::max(safe[writer], n_images);
    if (step == "finished") given[writer] = safe[writer] = everything;
    on(writer, step, n_images);
  }

  [[nodiscard]] static std::uint64_t least(const std::vector<std::uint64_t>& counts) {
    return counts.empty() ? 0 : *std::ranges::min_element(counts);
  }

 private:
  std::mutex mutex_;
};

class WatchedWriter final : public Writer {
 public:
  WatchedWriter(std::unique_ptr<Writer> inner, Watcher& watcher) : inner_(std::move(inner)), watcher_(watcher) {}

  void declare(Options& options) override { inner_->declare(options); }
  [[nodiscard]] std::vector<Fault> check() const override { return inner_->check(); }
  void open(const ImageShape& images, const SeriesShape& series, const RunSetup& setup) override {
    inner_->open(images, series, setup);
    const Stored stored = inner_->stored();
    n_images_ = stored.n_images;
    number_ = watcher_.add_writer(stored.is_complete ? Watcher::everything : stored.n_images);
    watcher_.tell(number_, "opened", n_images_);
  }
  [[nodiscard]] Footprint footprint() const override { return inner_->footprint(); }
  [[nodiscard]] std::size_t batch_multiple() const override { return inner_->batch_multiple(); }
  [[nodiscard]] std::size_t n_learned_images() const override { return inner_->n_learned_images(); }
  void learn(const Ink& ink) override { inner_->learn(ink); }
  void encode(BatchPosition position, const Ink& ink, Encoded& out, std::size_t lane) override {
    inner_->encode(position, ink, out, lane);
  }
  [[nodiscard]] Stored stored() const override { return inner_->stored(); }
  void commit(BatchPosition position, const Sequences& series, const Encoded& encoded) override {
    watcher_.tell(number_, "commit", n_images_);
    inner_->commit(position, series, encoded);
    n_images_ = std::max(n_images_, position.first_image + series.size());
    watcher_.tell(number_, "committed", n_images_);
  }
  void checkpoint() override {
    watcher_.tell(number_, "checkpoint", n_images_);
    inner_->checkpoint();
    watcher_.tell(number_, "checkpointed", n_images_);
  }
  void finish() override {
    watcher_.tell(number_, "finish", n_images_);
    inner_->finish();
    watcher_.tell(number_, "finished", n_images_);
  }
  void abandon() noexcept override { inner_->abandon(); }
  [[nodiscard]] std::uint64_t bytes_written() const noexcept override { return inner_->bytes_written(); }

 private:
  std::unique_ptr<Writer> inner_;
  Watcher& watcher_;
  std::size_t number_ = 0;
  std::uint64_t n_images_ = 0;
};

/// Definitions are the same with these and with the built-in ones.
[[nodiscard]] inline Registry watched_stages(Watcher& watcher) {
  Registry registry;
  const Registry builtin = builtin_stages();
  for (StageInfo info : builtin.all()) {
    if (const auto* make = std::get_if<std::function<std::unique_ptr<Writer>()>>(&info.make)) {
      info.make = [make = *make, &watcher] { return std::unique_ptr<Writer>(new WatchedWriter(make(), watcher)); };
    }
    registry.add(std::move(info));
  }
  return registry;
}

}  // namespace plotmill::test
