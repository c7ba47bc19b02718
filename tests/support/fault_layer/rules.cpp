// The rules of PLOTMILL_FAULTS: CALL:ACTION[,KEY=VALUE ...], parted by ';'.
//
//   CALL    a group (open read write truncate sync close rename unlink mkdir allocate thread) or one function
//   (pwrite64) ACTION  the name of an error number (ENOSPC); short: half of the bytes are taken; kill: SIGKILL before
//   the call;
//           tear: half of the bytes are taken, then SIGKILL; stop: SIGSTOP, and after SIGCONT the call is made
//   nth=N   the N-th such call alone; 1 where nothing is said
//   from=N  the N-th and all after it
//   bytes=N from the byte N of all such calls on, as on a disk that is full: the call that reaches it takes fewer
//   at=GLOB only paths that match, from the folder on; '*' also stands for '/'
//   min=N   only calls of at least N bytes
#include <fcntl.h>
#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "layer.hpp"

namespace fault_layer {
namespace {

struct Rule {
  std::string call, action;
  int error = 0;
  std::uint64_t first = 1;
  std::uint64_t last = 1;
  std::uint64_t bytes = 0;
  bool by_bytes = false;
  std::string at;
  std::size_t min = 0;

  std::atomic<std::uint64_t> n_calls = 0;
  std::atomic<std::uint64_t> n_bytes = 0;
};

std::vector<Rule*>* rules = nullptr;
std::string* folder = nullptr;
std::string* hits = nullptr;

[[noreturn]] void refuse(std::string_view text) {
  std::fprintf(stderr, "fault layer: %.*s is not understood\n", static_cast<int>(text.size()), text.data());
  std::_Exit(99);
}

int number_of(std::string_view name) {
  for (int number = 1; number < 200; ++number) {
    const char* const known = ::strerrorname_np(number);
    if (known != nullptr && name == known) return number;
  }
  return 0;
}

// Cuts the text up to the next `mark` off.
std::string_view cut(std::string_view& text, char mark) {
  const std::size_t end = std::min(text.find(mark), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

void read_option(Rule& rule, std::string_view option) {
  std::string_view value = option;
  const std::string_view key = cut(value, '=');
  const std::uint64_t number = std::strtoull(std::string(value).c_str(), nullptr, 10);
  if (key == "nth") {
    rule.first = rule.last = number;
  } else if (key == "from") {
    rule.first = number;
    rule.last = std::numeric_limits<std::uint64_t>::max();
  } else if (key == "bytes") {
    rule.bytes = number;
    rule.by_bytes = true;
  } else if (key == "at") {
    rule.at = value;
  } else if (key == "min") {
    rule.min = number;
  } else {
    refuse(option);
  }
}

void read_rules(std::string_view text) {
  while (!text.empty()) {
    std::string_view part = cut(text, ';');
    auto* const rule = new Rule;
    rule->call = cut(part, ':');
    rule->action = cut(part, ',');
    rule->error = number_of(rule->action);
    constexpr std::string_view others[] = {"short", "kill", "tear", "stop"};
    if (rule->error == 0 && std::ranges::find(others, rule->action) == std::end(others)) refuse(rule->action);
    while (!part.empty()) read_option(*rule, cut(part, ','));
    rules->push_back(rule);
  }
}

void write_line(const char* text) noexcept {
  const int file = ::open(hits->c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file < 0) return;
  (void)!::write(file, text, std::strlen(text));
  ::close(file);
}

void tell(const Rule& rule, const char* function, const char* path) noexcept {
  if (hits->empty()) return;
  const Inside own;
  char line[1000];
  std::snprintf(line, sizeof line, "%s %s %s\n", rule.action.c_str(), function, path);
  write_line(line);
}

[[gnu::constructor]] void begin() {
  const Inside own;
  rules = new std::vector<Rule*>;
  const auto variable = [](const char* name) {
    const char* const value = std::getenv(name);
    return new std::string(value == nullptr ? "" : value);
  };
  folder = variable("PLOTMILL_FAULT_FOLDER");
  hits = variable("PLOTMILL_FAULT_HITS");
  if (const char* const text = std::getenv("PLOTMILL_FAULTS"); text != nullptr) read_rules(text);
}

[[gnu::destructor]] void end() {
  if (rules == nullptr || hits->empty()) return;
  const Inside own;
  for (const Rule* rule : *rules) {
    char line[100];
    std::snprintf(line, sizeof line, "seen %s %llu\n", rule->call.c_str(),
                  static_cast<unsigned long long>(rule->n_calls));
    write_line(line);
  }
}

bool is_about(const Rule& rule, std::string_view group, std::string_view function, const std::string& path,
              std::size_t n_bytes) {
  if ((rule.call != group && rule.call != function) || n_bytes < rule.min) return false;
  if (rule.at.empty()) return true;
  const std::string_view inner = std::string_view(path).substr(std::min(path.size(), folder->size() + 1));
  return ::fnmatch(rule.at.c_str(), std::string(inner).c_str(), 0) == 0;
}

// Where the limit lies within the call, it takes the bytes before it, and the next one fails.
Verdict judge_bytes(Rule& rule, std::size_t n_bytes) {
  const std::uint64_t before = rule.n_bytes.fetch_add(n_bytes);
  if (before + n_bytes <= rule.bytes) return {};
  if (before >= rule.bytes) return {.error = rule.error};
  return {.at_most = static_cast<std::size_t>(rule.bytes - before)};
}

}  // namespace

void Verdict::end() const noexcept {
  if (dies) ::kill(::getpid(), SIGKILL);
}

Verdict judge(std::string_view group, std::string_view function, const std::string& path, std::size_t n_bytes) {
  if (rules == nullptr) return {};
  for (Rule* const rule : *rules) {
    if (!is_about(*rule, group, function, path, n_bytes)) continue;
    const std::uint64_t call = ++rule->n_calls;
    if (rule->by_bytes) {
      const Verdict verdict = judge_bytes(*rule, n_bytes);
      if (verdict.error == 0 && verdict.at_most > n_bytes) continue;
      tell(*rule, std::string(function).c_str(), path.c_str());
      return verdict;
    }
    if (call < rule->first || call > rule->last) continue;
    tell(*rule, std::string(function).c_str(), path.c_str());
    if (rule->error != 0) return {.error = rule->error};
    if (rule->action == "short") return {.at_most = (n_bytes + 1) / 2};
    if (rule->action == "tear") return {.at_most = (n_bytes + 1) / 2, .dies = true};
    // To this thread: one to the process may be taken by another, and this one would go on until that one runs.
    ::tgkill(::getpid(), ::gettid(), rule->action == "stop" ? SIGSTOP : SIGKILL);
  }
  return {};
}

bool refuses_memory(std::size_t n_bytes) noexcept {
  if (rules == nullptr) return false;
  for (Rule* const rule : *rules) {
    if (rule->call != "allocate" || n_bytes < rule->min) continue;
    const std::uint64_t call = ++rule->n_calls;
    if (call < rule->first || call > rule->last) continue;
    char size[32];
    std::snprintf(size, sizeof size, "%zu", n_bytes);
    tell(*rule, "allocate", size);
    return true;
  }
  return false;
}

}  // namespace fault_layer
