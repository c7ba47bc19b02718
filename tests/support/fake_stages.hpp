// Stages that do nothing, for tests of definitions and options: a reader, a drawer and a writer with options of every
// type.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plotmill/registry.hpp"

namespace plotmill::fake {

class FakeReader final : public Reader {
 public:
  void declare(Options& options) override {
    options.add({.name = "path", .target = &path_, .required = true, .doc = "File to read."});
    options.add({.name = "column", .target = &column_, .doc = "Column with the values."});
    options.add({.name = "limit", .target = &limit_, .min = 0, .doc = "Read at most so many series; 0 reads all."});
  }
  SeriesShape open(const RunSetup&) override { return {1, 0}; }
  bool read(Sequences&, std::size_t) override { return false; }

 private:
  std::string path_;
  std::optional<NameOrIndex> column_;
  std::int64_t limit_ = 0;
};

class FakeDrawer final : public Drawer {
 public:
  void declare(Options& options) override {
    options.add(
        {.name = "width", .target = &width_, .min = 1, .max = 65535, .unit = "px", .doc = "Width of an image."});
    options.add(
        {.name = "margin", .target = &margin_, .min = 0, .max = 100.5, .unit = "px", .doc = "Space on every side."});
    options.add({.name = "antialias", .target = &antialias_, .doc = "Smooth lines."});
    options.add({.name = "dpi", .target = &dpi_, .min = 1, .doc = "Widths are in points where it is given."});
    options.add(
        {.name = "normalize", .target = &normalize_, .words = {"minmax", "none"}, .doc = "What fills the page."});
    options.add({.name = "flat", .target = &flat_, .words = {"middle", "bottom", "error"}, .doc = "Equal values."});
  }
  std::vector<Fault> check() const override {
    if (2 * margin_ < static_cast<double>(width_)) return {};
    return {{"params/margin", "leaves no room for the chart"}};
  }
  ImageShape prepare(const SeriesShape&, const RunSetup&) override { return {1, 1, 255, 0}; }
  Footprint footprint() const override { return {}; }
  void draw(const SequencesView&, Ink&, std::size_t) override {}

 private:
  std::int64_t width_ = 800;
  double margin_ = 0;
  bool antialias_ = true;
  std::optional<double> dpi_;
  WordOrRange normalize_{"minmax", 0, 0};
  std::string flat_ = "middle";
};

class FakeWriter final : public Writer {
 public:
  void declare(Options& options) override { options.add({.name = "path", .target = &path_, .doc = "File to write."}); }
  void open(const ImageShape&, const SeriesShape&, const RunSetup&) override {}
  Footprint footprint() const override { return {}; }
  void encode(BatchPosition, const Ink&, Encoded&, std::size_t) override {}
  void commit(BatchPosition, const Sequences&, const Encoded&) override {}
  void finish() override {}
  void abandon() noexcept override {}
  std::uint64_t bytes_written() const noexcept override { return 0; }

 private:
  std::string path_ = "out.h5";
};

/// fake_read, fake_draw and fake_write.
inline Registry fake_stages() {
  Registry registry;
  registry.add({.type = "fake_read", .summary = "Reads nothing.", .make = [] {
                  return std::unique_ptr<Reader>(new FakeReader);
                }});
  registry.add({.type = "fake_draw", .summary = "Draws nothing.", .make = [] {
                  return std::unique_ptr<Drawer>(new FakeDrawer);
                }});
  registry.add({.type = "fake_write", .summary = "Writes nothing.", .make = [] {
                  return std::unique_ptr<Writer>(new FakeWriter);
                }});
  return registry;
}

}  // namespace plotmill::fake
