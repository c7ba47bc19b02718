// See sheet_file.hpp.
#include "sheet_file.hpp"

#include <filesystem>
#include <fstream>
#include <string_view>

#include "plotmill/error.hpp"

namespace plotmill::tools {

std::string default_sheet_path(const std::string& input, const std::string& suffix) {
  return std::filesystem::path(input).stem().string() + suffix + ".png";
}

void check_sheet_path(const std::string& path) {
  const std::filesystem::file_status status = std::filesystem::status(path);
  if (!std::filesystem::exists(status)) return;
  constexpr std::string_view signature = "\x89PNG";
  char begin[signature.size()] = {};
  if (std::filesystem::is_regular_file(status)) std::ifstream(path, std::ios::binary).read(begin, sizeof begin);
  if (std::string_view(begin, sizeof begin) == signature) return;
  throw Error(ErrorKind::definition, path,
              "exists and is no PNG file; a sheet replaces only PNG files: give another name with -o");
}

void write_sheet(PartFile& file, std::span<const std::uint8_t> png) {
  file.publish([&](std::ostream& out) {
    out.write(reinterpret_cast<const char*>(png.data()), static_cast<std::streamsize>(png.size()));
  });
}

}  // namespace plotmill::tools
