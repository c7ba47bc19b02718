// See findings.hpp.
#include "stages/verify/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace plotmill {

std::string VerifyProblem::message() const {
  if (first == end) return file + ": " + text;
  if (end - first == 1) return fmt::format("{}: image {}: {}", file, first, text);
  return fmt::format("{}: images {} to {}: {}", file, first, end - 1, text);
}

void VerifyFindings::add(const std::string& file, std::string text) {
  const std::lock_guard lock(mutex_);
  if (about_files_.size() < most_kept) {
    about_files_.push_back({file, 0, 0, std::move(text)});
  } else {
    ++n_left_out_;
  }
}

void VerifyFindings::add(const std::string& file, std::uint64_t first, std::uint64_t end, std::string text) {
  const std::lock_guard lock(mutex_);
  n_damaged_ += end - first;
  auto& ranges = about_images_[file];
  // Whoever ends where this one begins, and whoever begins where this one ends, becomes a part of it.
  for (auto before = ranges.lower_bound(first); before != ranges.begin();) {
    --before;
    if (before->second.end != first || before->second.text != text) continue;
    first = before->first;
    ranges.erase(before);
    --n_kept_;
    break;
  }
  for (auto [after, last] = ranges.equal_range(end); after != last; ++after) {
    if (after->second.text != text) continue;
    end = after->second.end;
    ranges.erase(after);
    --n_kept_;
    break;
  }
  if (n_kept_ < most_kept) {
    ranges.emplace(first, Range{end, std::move(text)});
    ++n_kept_;
  } else {
    ++n_left_out_;
    left_out_.insert(file);
  }
}

void VerifyFindings::note(std::string text) {
  const std::lock_guard lock(mutex_);
  notes_.push_back(std::move(text));
}

bool VerifyFindings::has_damage(const std::string& file, std::uint64_t first, std::uint64_t end) const {
  const std::lock_guard lock(mutex_);
  // Of what was left out nothing is known.
  if (left_out_.contains(file)) return true;
  const auto found = about_images_.find(file);
  return found != about_images_.end() && std::ranges::any_of(found->second, [&](const auto& range) {
           return range.first < end && range.second.end > first;
         });
}

void VerifyFindings::count_output(std::uint64_t n_images) noexcept {
  ++n_outputs_;
  n_images_ += n_images;
}

void VerifyFindings::count_image(std::uint64_t n_images, std::uint64_t n_bytes) noexcept {
  n_checked_.fetch_add(n_images, std::memory_order_relaxed);
  n_bytes_.fetch_add(n_bytes, std::memory_order_relaxed);
}

VerifyReport VerifyFindings::report() const {
  const std::lock_guard lock(mutex_);
  VerifyReport report;
  report.outputs = n_outputs_;
  report.files = n_files_;
  // There may be more than a damaged manifest lists.
  report.images = std::max<std::uint64_t>(n_images_, n_checked_);
  report.images_checked = n_checked_;
  report.images_damaged = n_damaged_;
  report.bytes_read = n_bytes_;
  report.n_problems = about_files_.size() + n_kept_ + n_left_out_;
  report.problems = about_files_;
  for (const auto& [file, ranges] : about_images_) {
    for (const auto& [first, range] : ranges) report.problems.push_back({file, first, range.end, range.text});
  }
  report.problems.resize(std::min(report.problems.size(), VerifyReport::most_problems));
  report.notes = notes_;
  return report;
}

}  // namespace plotmill
