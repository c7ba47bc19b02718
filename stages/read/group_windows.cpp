// Windows of groups whose rows come one by one.
#include "stages/read/group_windows.hpp"

#include <algorithm>

namespace plotmill {

GroupWindows::Outcome GroupWindows::add(std::string_view name, std::uint64_t row, double value,
                                        const std::optional<Fault>& fault, Sequences& out) {
  if (!find_group(name)) return Outcome::out_of_memory;
  Group& group = groups_[current_];
  if (group.dropped) return Outcome::came_back;
  group.last_row = row;
  ++group.n_rows;
  if (fault) {
    group.bad_row = group.n_rows;
    group.fault = *fault;
  }
  if (group.values.size() < window_) {
    if (group.values.size() == group.values.capacity()) {
      const std::size_t capacity = std::min(window_, std::max<std::size_t>(16, 2 * group.values.size()));
      const std::size_t moved = group.values.capacity() * bytes_per_point;
      held_bytes_ += capacity * bytes_per_point;  // Until they have moved, the old points are held as well.
      if (held_bytes_ > memory_bytes_ && !make_room()) return Outcome::out_of_memory;
      group.values.reserve(capacity);
      group.rows.reserve(capacity);
      held_bytes_ -= moved;
    }
    group.values.push_back(value);
    group.rows.push_back(row);
  } else {
    group.values[group.oldest] = value;
    group.rows[group.oldest] = row;
    if (++group.oldest == window_) group.oldest = 0;
  }
  if (group.n_rows != group.next_emit) return Outcome::kept;

  group.next_emit += stride_;
  if (!group.number) {
    group.number = n_numbered_++;
    out.new_groups.emplace_back(group.name);
  }
  const Source source{*group.number, group.rows[group.oldest]};
  if (group.bad_row > 0 && group.n_rows - group.bad_row < window_) {
    out.bad.push_back({.index = out.size(), .source = source, .reason = group.fault.text, .place = group.fault.place});
  }
  const std::span<double> values = out.append(source);
  const auto oldest = group.values.begin() + static_cast<std::ptrdiff_t>(group.oldest);
  std::copy(group.values.begin(), oldest, std::copy(oldest, group.values.end(), values.begin()));
  return Outcome::window;
}

// Makes current_ the group of that name. False where its name does not fit into the memory.
bool GroupWindows::find_group(std::string_view name) {
  // Rows of a group mostly follow one another.
  if (!groups_.empty() && groups_[current_].name == name) return true;
  if (const auto found = numbers_.find(name); found != numbers_.end()) {
    current_ = found->second;
    return true;
  }
  // A group's own record, and what a node of the map takes beside the name. The name is held here, by the batch that
  // brings it and by a writer.
  held_bytes_ += sizeof(Group) + sizeof(std::string) + 3 * name.size() + 10 * sizeof(void*);
  current_ = groups_.size();
  const auto added = numbers_.emplace(std::string(name), groups_.size()).first;
  groups_.push_back({.name = added->first, .values = {}, .rows = {}, .next_emit = window_});
  return held_bytes_ <= memory_bytes_ || make_room();
}

// Drops the points of the half of the groups that were not seen for longest, again until the memory suffices.
bool GroupWindows::make_room() {
  std::vector<Group*> holders;
  for (Group& group : groups_) {
    if (group.values.capacity() > 0 && &group != &groups_[current_]) holders.push_back(&group);
  }
  std::ranges::sort(holders, {}, [](const Group* group) { return group->last_row; });
  std::size_t n_dropped = 0;
  while (n_dropped < holders.size() && (held_bytes_ > memory_bytes_ || n_dropped < (holders.size() + 1) / 2)) {
    Group& group = *holders[n_dropped++];
    held_bytes_ -= group.values.capacity() * bytes_per_point;
    std::vector<double>().swap(group.values);
    std::vector<std::uint64_t>().swap(group.rows);
    group.dropped = true;
  }
  return held_bytes_ <= memory_bytes_;
}

GroupWindows::Longest GroupWindows::longest() const {
  Longest result;
  for (const Group& group : groups_) {
    if (group.n_rows > result.n_rows) result = {group.name, group.n_rows};
  }
  return result;
}

}  // namespace plotmill
