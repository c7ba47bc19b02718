// What a definition says about an output: the stage that wrote it, and the images that it got.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace plotmill {

struct VerifyStage {
  std::string type;     ///< "write_hdf5"
  std::string pattern;  ///< Of image files: the names.
  std::string dtype = "uint8";
  std::uint64_t images_per_chunk = 1;
  bool sequences = true;
  std::string sequence_type;  ///< "" where it is that of the input.
  std::string on_bad_series = "error";
  std::uint64_t width = 0;  ///< Of the images; 0 where the definition does not say, as of a drawer that is not ours.
  std::uint64_t height = 0;
};

/// The stage that wrote the output of a manifest: `output` as its head has it, `name` the manifest's own name.
/// `definition` is what lasting_definition() gives. Nothing where there is none.
[[nodiscard]] std::optional<VerifyStage> find_stage(const std::string& definition, const std::string& output,
                                                    const std::string& name);

/// The only write_hdf5 stage of a definition; nothing where there is none or several.
[[nodiscard]] std::optional<VerifyStage> find_hdf5_stage(const std::string& definition);

}  // namespace plotmill
