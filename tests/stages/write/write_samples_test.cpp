// Files that a program which is not ours reads back: see tests/tools/read_back.py, which knows the same formulas.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

#include "support/random_ink.hpp"
#include "support/run_writer.hpp"
#include "support/temp_dir.hpp"

using namespace plotmill;

TEST_CASE("write_hdf5: samples for other readers") {
  const test::TempDir temporary;
  const char* const given = std::getenv("PLOTMILL_SAMPLES");
  const std::filesystem::path folder = given != nullptr ? given : temporary.path();

  Ink ink;
  ink.shape = {50, 30, 255, 0};
  for (std::size_t image = 0; image < 11; ++image) {
    std::vector<std::uint8_t> coverage(ink.shape.n_pixels(), 0);
    for (std::size_t y = 0; y < 30; ++y) {
      for (std::size_t x = 0; x < 50; ++x) {
        const std::size_t share = (7 * image + 3 * x + 5 * y) % 256;
        if ((image + x + y) % 3 == 0) coverage[50 * y + x] = static_cast<std::uint8_t>(share);
      }
    }
    test::append_image(ink, coverage);
  }
  const test::WriterInput input = test::with_series(std::move(ink), 20);
  test::run_writer("write_hdf5", {{"path", (folder / "uint8.h5").string()}}, input, {.batch = 4});
  test::run_writer("write_hdf5",
                   {{"path", (folder / "float32.h5").string()}, {"dtype", "float32"}, {"images_per_chunk", 4}}, input,
                   {.batch = 4});
  test::run_writer("write_hdf5", {{"path", (folder / "v110.h5").string()}, {"libver", "v110"}}, input, {.batch = 4});
  test::run_writer("write_hdf5", {{"path", (folder / "split.h5").string()}, {"images_per_file", 6}}, input,
                   {.batch = 4});
  CHECK(std::filesystem::exists(folder / "split_0001.h5"));
}
