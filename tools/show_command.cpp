// See show_command.hpp.
#include "show_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "crash_message.hpp"
#include "run_command.hpp"
#include "sheet_file.hpp"

namespace plotmill::tools {
namespace {

// CLI11 takes -1 for the greatest number there is.
std::string is_image_number(const std::string& text) {
  if (!text.empty() && text.find_first_not_of("0123456789") == std::string::npos) return {};
  return text + " is not the number of an image; 0, 1, 2 and so on are accepted";
}

}  // namespace

void add_show_options(CLI::App& app, ShowCommand& command) {
  app.add_option("file", command.file, "The HDF5 file")->required()->type_name("FILE");
  app.add_option("-o,--output", command.sheet, "The sheet (PNG), which is replaced; else FILE's name and _sheet.png")
      ->type_name("PATH");
  CLI::Option* at = app.add_option("--at", command.options.at, "Numbers of the images; else they are evenly spaced")
                        ->type_name("N,N,...")
                        ->delimiter(',')
                        ->check(is_image_number);
  app.add_option("--count", command.options.count, "How many evenly spaced images, 48 if not given")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, ShowOptions::most_charts))
      ->excludes(at);
}

int show_charts(const ShowCommand& command) try {
  tell_of_crashes_in(command.file);
  const std::string path = command.sheet.empty() ? default_sheet_path(command.file, "_sheet") : command.sheet;
  check_sheet_path(path);
  PartFile sheet(path, true);
  const ShownFile shown = show_hdf5(command.file, command.options);
  write_sheet(sheet, shown.sheet_png);
  std::fputs(fmt::format("plotmill: {}: {} of {} charts\n", path, shown.n_shown, shown.n_images).c_str(), stderr);
  return exit_done;
} catch (const Error& error) {
  print_error(error);
  return exit_code_of(error);
}

}  // namespace plotmill::tools
