// Sheets of stored charts, compared with sheets of what was stored.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include "plotmill/pipeline.hpp"
#include "plotmill/show.hpp"
#include "stages/hdf5/handle.hpp"
#include "support/png_image.hpp"
#include "support/random_ink.hpp"
#include "support/run_writer.hpp"
#include "support/temp_dir.hpp"

using namespace plotmill;

namespace {

constexpr std::size_t n_images = 11;

/// Images of noise, which differ from one another.
test::WriterInput noise() {
  Ink ink;
  ink.shape = {50, 30, 255, 0};
  for (std::size_t image = 0; image < n_images; ++image) {
    std::vector<std::uint8_t> coverage(ink.shape.n_pixels());
    for (std::size_t i = 0; i < coverage.size(); ++i) {
      coverage[i] = i * (image + 3) % 4 == 0 ? static_cast<std::uint8_t>(37 * i * (image + 1)) : std::uint8_t{0};
    }
    test::append_image(ink, coverage);
  }
  return test::with_series(std::move(ink), 20);
}

/// The sheet that should come of these images.
std::vector<std::uint8_t> expected(const test::WriterInput& input, const std::vector<std::uint64_t>& at,
                                   const std::string& title, bool sources = true) {
  ContactSheet sheet;
  sheet.begin_block(title, 50, 30, at.size());
  for (const std::uint64_t i : at) {
    SheetLabel label{.index = i};
    const Source source = input.series.sources[i];
    if (sources) label = {i, input.series.new_groups[source.group], source.first_row};
    sheet.add(input.ink.image(i), label);
  }
  return sheet.png();
}

std::string message_of(const std::string& path, const ShowOptions& options) {
  return test::error_of([&] { (void)show_hdf5(path, options); }).second;
}

}  // namespace

TEST_CASE("show_hdf5: a sheet shows what is stored, in every type and layout") {
  const test::TempDir folder;
  const test::WriterInput input = noise();
  const std::vector<std::uint64_t> at{10, 0, 4, 4};
  const std::string path = folder.file("charts.h5");
  const test::OptionValues layouts[] = {{{"dtype", "uint8"}},
                                        {{"dtype", "float32"}},
                                        {{"dtype", "float32"}, {"images_per_chunk", 4}},
                                        {{"images_per_chunk", 64}, {"libver", "v110"}}};
  for (test::OptionValues options : layouts) {
    options.push_back({"path", path});
    test::run_writer("write_hdf5", options, input, {.overwrite = true});
    const ShownFile shown = show_hdf5(path, {.at = at});
    CHECK(shown.n_images == n_images);
    CHECK(shown.n_shown == 4);
    CHECK(shown.sheet_png == expected(input, at, "charts.h5 50x30: 4 of 11 charts"));
  }
}

TEST_CASE("show_hdf5: without --at the images are evenly spaced, and all if there are few") {
  const test::TempDir folder;
  const test::WriterInput input = noise();
  const std::string path = folder.file("c.h5");
  test::run_writer("write_hdf5", {{"path", path}}, input);
  CHECK(show_hdf5(path, {.at = {}, .count = 3}).sheet_png == expected(input, {0, 5, 10}, "c.h5 50x30: 3 of 11 charts"));
  CHECK(show_hdf5(path, {}).sheet_png ==
        expected(input, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, "c.h5 50x30: 11 of 11 charts"));
}

TEST_CASE("show_hdf5: files of a split output are shown one at a time, files without sources without them") {
  const test::TempDir folder;
  const test::WriterInput input = noise();
  test::run_writer("write_hdf5", {{"path", folder.file("s.h5")}, {"images_per_file", 6}}, input);
  CHECK(show_hdf5(folder.file("s_0001.h5"), {}).n_images == 5);
  test::run_writer("write_hdf5", {{"path", folder.file("plain.h5")}, {"sequences", false}}, input);
  CHECK(show_hdf5(folder.file("plain.h5"), {.at = {1}}).sheet_png ==
        expected(input, {1}, "plain.h5 50x30: 1 of 11 charts", false));
}

TEST_CASE("show_hdf5: errors name the file, the dataset, the image and what is accepted") {
  const test::TempDir folder;
  const std::string path = folder.file("c.h5");
  test::run_writer("write_hdf5", {{"path", path}}, noise());
  CHECK(message_of(path, {.at = {3, 11}}) == path + ":/images: there is no image 11; 0..10 are accepted");
  CHECK(message_of(path, {.at = {}, .count = 0}) == "count: 0 charts are outside 1..1000");
  CHECK(message_of(path, {.at = std::vector<std::uint64_t>(1002)}) == "at: 1002 charts are outside 1..1000");
  CHECK(message_of(path, {.at = {}, .count = 1001}) == "count: 1001 charts are outside 1..1000");
  CHECK(message_of(folder.file("no.h5"), {}) == folder.file("no.h5") + ": cannot be opened: No such file or directory");
  REQUIRE(::mkfifo(folder.file("pipe.h5").c_str(), 0600) == 0);
  CHECK(message_of(folder.file("pipe.h5"), {}) ==
        folder.file("pipe.h5") + ": is not a regular file, which is needed here");
  const std::string text = folder.write("t.h5", "not HDF5");
  CHECK(message_of(text, {}).starts_with(text + ": cannot be opened as an HDF5 file"));
}

TEST_CASE("show_hdf5: other datasets are refused with their shape or type") {
  const test::TempDir folder;
  const std::string path = folder.file("other.h5");
  const auto store = [&](const std::vector<hsize_t>& shape, hid_t type) {
    const Hdf5Handle file(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
    if (shape.empty()) return;
    const Hdf5Handle space(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose);
    const Hdf5Handle data(H5Dcreate2(file.get(), "images", type, space.get(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                          H5Dclose);
    REQUIRE(bool(data));
  };
  store({}, H5T_NATIVE_UINT8);
  CHECK(message_of(path, {}) == path + ": there is no dataset /images; plotmill's write_hdf5 stores it");
  store({4, 5}, H5T_NATIVE_UINT8);
  CHECK(message_of(path, {}) == path + ":/images: the shape is (4, 5); (images, height, width) is accepted");
  store({4, 5, 0}, H5T_NATIVE_UINT8);
  CHECK(message_of(path, {}) ==
        path + ":/images: the shape is (4, 5, 0); images of 1 to 65535 pixels each way are accepted");
  store({1, 65535, 65535}, H5T_NATIVE_UINT8);
  CHECK(message_of(path, {}) == path + ":/images: an image has 4294836225 pixels; at most 1073741824 are accepted");
  store({4, 5, 6}, H5T_NATIVE_UINT16);
  CHECK(message_of(path, {}) ==
        path + ":/images: the type of the pixels is neither uint8 nor a float, which are accepted");
  store({0, 5, 6}, H5T_NATIVE_UINT8);
  CHECK(message_of(path, {.at = {0}}) == path + ":/images: there is no image 0: it is empty");
  CHECK(show_hdf5(path, {}).n_shown == 0);
  store({2, 5, 6}, H5T_NATIVE_DOUBLE);  // 0 throughout: black.
  CHECK(show_hdf5(path, {}).n_shown == 2);
}
