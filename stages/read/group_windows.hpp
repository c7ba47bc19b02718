// Windows of groups whose rows come one by one, perhaps mixed with those of other groups.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "plotmill/error.hpp"
#include "plotmill/sequences.hpp"

namespace plotmill {

/// Keeps the last points of each group and gives out a window each time one is complete. The windows of a group begin
/// `stride` of its rows apart.
///
/// Memory stays within `memory_bytes`: when it is used up, the points of the groups that were not seen for longest are
/// dropped. In a file sorted by group none of these comes back.
class GroupWindows {
 public:
  /// Memory that a single group takes at most, its name left out.
  [[nodiscard]] static std::uint64_t bytes_of_one(std::size_t window) {
    return 2 * std::uint64_t{window} * bytes_per_point + sizeof(Group) + 64 * sizeof(void*);
  }

  /// What add() did.
  enum class Outcome {
    kept,           ///< The point is in, no window is complete.
    window,         ///< The point is in, and a window was appended.
    came_back,      ///< The group's points had to be dropped: its windows can't be made any more.
    out_of_memory,  ///< The names of the groups alone take more than the memory.
  };

  GroupWindows() = default;
  GroupWindows(std::size_t window, std::uint64_t stride, std::uint64_t memory_bytes)
      : window_(window), stride_(stride), memory_bytes_(memory_bytes) {}

  /// Takes the group's next point. `row` is its row in the input. Groups get their numbers in the order of their first
  /// windows, and their names go to out.new_groups then. A `fault` of the row makes every window that holds it one of
  /// out.bad.
  [[nodiscard]] Outcome add(std::string_view group, std::uint64_t row, double value, const std::optional<Fault>& fault,
                            Sequences& out);

  /// The first of the groups with the most rows, and how many it has.
  struct Longest {
    std::string_view group;
    std::uint64_t n_rows = 0;
  };
  [[nodiscard]] Longest longest() const;

 private:
  static constexpr std::size_t bytes_per_point = sizeof(double) + sizeof(std::uint64_t);

  struct Group {
    std::string_view name;            // owned by numbers_
    std::vector<double> values;       // a ring: the last points
    std::vector<std::uint64_t> rows;  // and their rows in the input
    std::size_t oldest = 0;           // in a full ring
    std::uint64_t n_rows = 0;         // so far
    std::uint64_t next_emit = 0;      // the count of rows that completes the next window
    std::uint64_t last_row = 0;       // of the input
    std::uint64_t bad_row = 0;        // the count of rows at the last one with a fault; 0: none
    Fault fault = {};                 // of that row
    std::optional<std::uint32_t> number = {};
    bool dropped = false;
  };

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  bool find_group(std::string_view name);
  bool make_room();

  std::size_t window_ = 0;
  std::uint64_t stride_ = 1;
  std::uint64_t memory_bytes_ = 0;
  std::uint64_t held_bytes_ = 0;
  std::deque<Group> groups_;  // which does not come to hold twice as much by growing
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> numbers_;  // index into groups_ by name
  std::size_t current_ = 0;
  std::uint32_t n_numbered_ = 0;
};

}  // namespace plotmill
