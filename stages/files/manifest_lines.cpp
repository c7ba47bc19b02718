// See manifest_lines.hpp.
#include "stages/files/manifest_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "stages/files/data_hash.hpp"

namespace plotmill {
namespace {

using json = nlohmann::json;
// The keys stay in the order in which they are written here.
using line_json = nlohmann::ordered_json;

constexpr int manifest_version = 1;

// Names of files and groups may hold any bytes.
template <class Json>
std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string hash_of(const std::string& text) { return hash_text(std::as_bytes(std::span(text))); }

[[noreturn]] void refuse_line(const std::string& place) {
  throw Error(ErrorKind::input, place, "the line of the manifest is damaged");
}

// Parses a line and hands it over; whatever does not fit makes the line a damaged one.
template <class Take>
auto parse_line(std::string_view line, const std::string& place, Take take) {
  try {
    return take(json::parse(line));
  } catch (const json::exception&) {
    refuse_line(place);
  }
}

// The library would make a count of any number.
std::uint64_t count_of(const json& value, const std::string& place) {
  if (!value.is_number_unsigned()) refuse_line(place);
  return value;
}

// Each stage by its id: the order of stages that do not feed each other means nothing.
json by_id(const std::string& definition) {
  const json whole = json::parse(definition);
  json result{{"run", {{"on_bad_series", whole.at("on_bad_series")}}}};
  for (const json& stage : whole.at("stages")) {
    json rest = stage;
    rest.erase("id");
    result[stage.at("id").get<std::string>()] = std::move(rest);
  }
  return result.flatten();
}

// "/prices/params/window" -> "prices params/window"
std::string place_of(const std::string& pointer) {
  std::string place = pointer.substr(1);
  std::replace(place.begin(),
               place.begin() + static_cast<std::ptrdiff_t>(std::min(place.find('/'), place.size() - 1)) + 1, '/', ' ');
  return place;
}

}  // namespace

std::string manifest_head_line(const ManifestHead& head) {
  return dump(line_json{{"plotmill_manifest", manifest_version},
                        {"plotmill", head.plotmill_version},
                        {"output", head.output},
                        {"overwrite", head.overwrite},
                        {"definition", line_json::parse(head.definition)},
                        {"definition_xxh3", hash_of(head.definition)},
                        {"input", head.input ? line_json(*head.input) : line_json()}});
}

ManifestHead parse_manifest_head(std::string_view line, const std::string& place) {
  return parse_line(line, place, [&](const json& head) {
    if (head.at("plotmill_manifest") != manifest_version) {
      throw Error(ErrorKind::input, place,
                  fmt::format("the manifest has version {}, and this plotmill knows {}",
                              dump(head.at("plotmill_manifest")), manifest_version));
    }
    ManifestHead result{head.at("output"), head.at("overwrite"), head.at("definition").dump(), {}, head.at("plotmill")};
    if (!head.at("input").is_null()) result.input = head.at("input");
    if (hash_of(result.definition) != head.at("definition_xxh3")) {
      throw Error(ErrorKind::input, place, "the definition in the manifest is damaged: its hash is another one");
    }
    return result;
  });
}

std::string stored_piece_line(const StoredPiece& piece) {
  line_json line;
  if (!piece.file.empty()) line["file"] = piece.file;
  line["images"] = {piece.first, piece.end};
  line["bytes"] = piece.n_bytes;
  line["xxh3"] = piece.xxh3;
  if (!piece.sequences_xxh3.empty()) line["sequences_xxh3"] = piece.sequences_xxh3;
  if (!piece.source_xxh3.empty()) line["source_xxh3"] = piece.source_xxh3;
  line["groups"] = piece.n_groups;
  line["bad"] = piece.n_bad;
  if (piece.part) {
    line["part"] = {{"end", piece.part->end},
                    {"journal_bytes", piece.part->journal_bytes},
                    {"journal_xxh3", piece.part->journal_xxh3}};
  }
  if (!piece.metadata.empty()) {
    auto& ranges = line["metadata"] = line_json::array();
    for (const ByteRange& range : piece.metadata) ranges.push_back({range.begin, range.n_bytes});
  }
  if (piece.file_bytes) line["file_bytes"] = *piece.file_bytes;
  if (!piece.metadata_xxh3.empty()) line["metadata_xxh3"] = piece.metadata_xxh3;
  return dump(line);
}

std::string complete_line(std::uint64_t n_images) { return dump(line_json{{"complete", true}, {"images", n_images}}); }

std::optional<StoredPiece> parse_stored_piece(std::string_view line, const std::string& place, std::uint64_t first) {
  return parse_line(line, place, [&](const json& value) -> std::optional<StoredPiece> {
    if (value.contains("complete")) {
      if (count_of(value.at("images"), place) == first) return {};
      throw Error(ErrorKind::input, place,
                  fmt::format("{} images are counted, and {} are listed", dump(value.at("images")), first));
    }
    StoredPiece piece{.file = value.value("file", ""),
                      .first = count_of(value.at("images").at(0), place),
                      .end = count_of(value.at("images").at(1), place),
                      .n_bytes = count_of(value.at("bytes"), place),
                      .xxh3 = value.at("xxh3"),
                      .sequences_xxh3 = value.value("sequences_xxh3", ""),
                      .source_xxh3 = value.value("source_xxh3", ""),
                      .n_groups = count_of(value.at("groups"), place),
                      .n_bad = count_of(value.at("bad"), place)};
    if (const auto part = value.find("part"); part != value.end()) {
      piece.part = {count_of(part->at("end"), place), count_of(part->at("journal_bytes"), place),
                    part->at("journal_xxh3")};
    }
    for (const json& range : value.value("metadata", json::array())) {
      piece.metadata.push_back({count_of(range.at(0), place), count_of(range.at(1), place)});
      if (piece.metadata.back().n_bytes > ~piece.metadata.back().begin) refuse_line(place);
    }
    piece.metadata_xxh3 = value.value("metadata_xxh3", "");
    if (value.contains("file_bytes")) piece.file_bytes = count_of(value.at("file_bytes"), place);
    if (piece.first != first || piece.end < piece.first) {
      throw Error(
          ErrorKind::input, place,
          fmt::format("the line is about images {} to {}, and image {} is next", piece.first, piece.end, first));
    }
    if (piece.file.find('/') != std::string::npos) {
      throw Error(ErrorKind::input, place, "names a file in another folder: " + piece.file);
    }
    // A file of many images has one hash for all of them, and tells where it can be taken up.
    const bool is_of_many = !piece.file.empty();
    if (piece.xxh3.size() != (is_of_many ? 1 : piece.end - piece.first) || piece.part.has_value() != is_of_many) {
      refuse_line(place);
    }
    return piece;
  });
}

std::string lasting_definition(const std::string& definition) {
  // A writer that is used without a pipeline has none.
  const json whole = json::parse(definition.empty() ? "{}" : definition);
  return json{{"on_bad_series", whole.value("run", json::object()).value("on_bad_series", "error")},
              {"stages", whole.value("stages", json::array())}}
      .dump();
}

std::vector<std::string> definition_differences(const std::string& before, const std::string& now) {
  const json old_values = by_id(before);
  const json new_values = by_id(now);
  std::vector<std::string> differences;
  for (const auto& item : new_values.items()) {
    const auto was = old_values.find(item.key());
    if (was == old_values.end()) {
      differences.push_back(fmt::format("{}: {} is new", place_of(item.key()), dump(item.value())));
    } else if (*was != item.value()) {
      differences.push_back(fmt::format("{}: {}, it was {}", place_of(item.key()), dump(item.value()), dump(*was)));
    }
  }
  for (const auto& item : old_values.items()) {
    if (new_values.contains(item.key())) continue;
    differences.push_back(fmt::format("{}: {} is gone", place_of(item.key()), dump(item.value())));
  }
  return differences;
}

}  // namespace plotmill
