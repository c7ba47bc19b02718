// See sheet_file.hpp.
#include "sheet_file.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
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

void write_sheet(const std::string& path, std::span<const std::uint8_t> png) {
  const std::string part = path + ".part";
  const auto fail = [&](const char* what) {
    const int reason = errno;
    std::remove(part.c_str());
    throw Error(ErrorKind::io, path, std::string(what) + ": " + std::strerror(reason));
  };
  errno = 0;
  std::FILE* file = std::fopen(part.c_str(), "wb");
  if (file == nullptr) fail("cannot be created");
  const bool is_written = std::fwrite(png.data(), 1, png.size(), file) == png.size();
  if (std::fclose(file) != 0 || !is_written) fail("cannot be written");
  if (std::rename(part.c_str(), path.c_str()) != 0) fail("cannot be given its name");
}

}  // namespace plotmill::tools
