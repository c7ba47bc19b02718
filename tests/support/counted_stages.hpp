// The built-in stages, each call of which runs with this thread's CountedMemory on.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "plotmill/registry.hpp"
#include "support/refusing_memory.hpp"

namespace plotmill::test {

/// nlohmann-json asks for memory in its destructors, and ends the process where that is refused: 16 bytes for each
/// member. Where a stage has to do with JSON, only larger pieces are refused.
constexpr std::size_t above_json = 2048;

class CountedReader final : public Reader {
 public:
  explicit CountedReader(std::unique_ptr<Reader> stage) : stage_(std::move(stage)) {}
  void declare(Options& options) override { stage_->declare(options); }
  [[nodiscard]] std::vector<Fault> check() const override { return stage_->check(); }
  SeriesShape open(const RunSetup& setup) override {
    const CountedMemory counted;
    return stage_->open(setup);
  }
  [[nodiscard]] std::optional<std::string> identity() override {
    const CountedMemory counted;
    return stage_->identity();
  }
  bool read(Sequences& out, std::size_t at_most) override {
    const CountedMemory counted;
    return stage_->read(out, at_most);
  }
  [[nodiscard]] bool skip(std::uint64_t n) override {
    const CountedMemory counted;
    return stage_->skip(n);
  }

 private:
  std::unique_ptr<Reader> stage_;
};

class CountedDrawer final : public Drawer {
 public:
  explicit CountedDrawer(std::unique_ptr<Drawer> stage) : stage_(std::move(stage)) {}
  void declare(Options& options) override { stage_->declare(options); }
  [[nodiscard]] std::vector<Fault> check() const override { return stage_->check(); }
  ImageShape prepare(const SeriesShape& series, const RunSetup& setup) override {
    const CountedMemory counted;
    return stage_->prepare(series, setup);
  }
  [[nodiscard]] Footprint footprint() const override { return stage_->footprint(); }
  [[nodiscard]] std::optional<std::string> refuse(std::span<const double> series) const override {
    const CountedMemory counted;
    return stage_->refuse(series);
  }
  void draw(const SequencesView& in, Ink& out, std::size_t lane) override {
    const CountedMemory counted;
    stage_->draw(in, out, lane);
  }

 private:
  std::unique_ptr<Drawer> stage_;
};

class CountedWriter final : public Writer {
 public:
  explicit CountedWriter(std::unique_ptr<Writer> stage) : stage_(std::move(stage)) {}
  void declare(Options& options) override { stage_->declare(options); }
  [[nodiscard]] std::vector<Fault> check() const override { return stage_->check(); }
  void open(const ImageShape& images, const SeriesShape& series, const RunSetup& setup) override {
    const CountedMemory counted(above_json);
    stage_->open(images, series, setup);
  }
  [[nodiscard]] Footprint footprint() const override { return stage_->footprint(); }
  [[nodiscard]] std::size_t batch_multiple() const override { return stage_->batch_multiple(); }
  [[nodiscard]] std::size_t n_learned_images() const override { return stage_->n_learned_images(); }
  void learn(const Ink& ink) override {
    const CountedMemory counted;
    stage_->learn(ink);
  }
  void encode(BatchPosition position, const Ink& ink, Encoded& out, std::size_t lane) override {
    const CountedMemory counted;
    stage_->encode(position, ink, out, lane);
  }
  void commit(BatchPosition position, const Sequences& series, const Encoded& encoded) override {
    const CountedMemory counted;
    stage_->commit(position, series, encoded);
  }
  [[nodiscard]] Stored stored() const override { return stage_->stored(); }
  void checkpoint() override {
    const CountedMemory counted(above_json);
    stage_->checkpoint();
  }
  void finish() override {
    const CountedMemory counted(above_json);
    stage_->finish();
  }
  void abandon() noexcept override {
    const CountedMemory counted(above_json);
    stage_->abandon();
  }
  [[nodiscard]] std::uint64_t bytes_written() const noexcept override { return stage_->bytes_written(); }

 private:
  std::unique_ptr<Writer> stage_;
};

/// The type of wrapper for a kind of stage.
template <class Kind>
using Counted = std::conditional_t<std::is_same_v<Kind, Reader>, CountedReader,
                                   std::conditional_t<std::is_same_v<Kind, Drawer>, CountedDrawer, CountedWriter>>;

/// Of every type of builtin_stages(), under its own name.
[[nodiscard]] inline Registry counted_stages() {
  Registry registry;
  const Registry builtin = builtin_stages();
  for (StageInfo info : builtin.all()) {
    std::visit(
        [&]<class Kind>(const std::function<std::unique_ptr<Kind>()>& make) {
          std::function<std::unique_ptr<Kind>()> counted = [make] {
            return std::unique_ptr<Kind>(new Counted<Kind>(make()));
          };
          info.make = counted;
        },
        StageInfo(info).make);
    registry.add(std::move(info));
  }
  return registry;
}

}  // namespace plotmill::test
