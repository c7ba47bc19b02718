// Explains a run in which nothing moves.
#include "engine/run/stall_table.hpp"

#include <algorithm>
#include <array>

namespace plotmill {
namespace {

using Row = std::array<std::string, 4>;

Row row_of(const std::string& name, const NodeClock& clock, const NodeClock* feeder, const std::string& feeder_name,
           const std::string& else_waits_for) {
  const NodeClock::Snapshot node = clock.snapshot();
  Row row{name, std::to_string(node.n_batches), "", ""};
  std::uint64_t held = 0;
  if (feeder != nullptr) {
    held = feeder->snapshot().n_batches - node.n_batches;
    row[2] = std::to_string(held);
  }
  if (node.in_work) {
    row[3] = "works on batch " + std::to_string(*node.in_work) + " for " +
             std::to_string(static_cast<std::uint64_t>(node.in_work_seconds)) + " s";
  } else if (feeder != nullptr && held == 0) {
    row[3] = "waits for a batch from " + feeder_name;
  } else {
    row[3] = "waits for " + else_waits_for;
  }
  return row;
}

std::string format(const std::vector<Row>& rows) {
  std::array<std::size_t, 3> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    text += "\n  ";
    for (std::size_t i = 0; i < widths.size(); ++i) text += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    text += row[3];
  }
  return text;
}

}  // namespace

std::string stall_table(const RunStages& stages, const Flow& flow, double seconds, const WriterNode* storing) {
  const std::string slots =
      std::to_string(flow.state().pool.n_taken()) + " of " + std::to_string(stages.plan.batches_in_flight);
  std::vector<Row> rows{{"stage", "batches done", "holds", ""}};
  const ReaderNode& reader = stages.reader;
  rows.push_back(
      row_of(reader.place(), reader.clock, nullptr, "",
             flow.reader_ended() ? "nothing: the input has ended" : "memory: " + slots + " batches are in flight"));
  for (const auto& drawer : stages.drawers) {
    if (drawer->device_drawer) {
      rows.push_back(row_of(drawer->place() + " upload", drawer->upload_clock, &reader.clock, reader.id,
                            "a free stream (run.streams)"));
      rows.push_back(
          row_of(drawer->place(), drawer->clock, &drawer->upload_clock, drawer->id + " upload", "the device"));
      rows.push_back(
          row_of(drawer->place() + " download", drawer->download_clock, &drawer->clock, drawer->id, "the device"));
      continue;
    }
    rows.push_back(row_of(drawer->place(), drawer->clock, &reader.clock, reader.id, "a free thread"));
  }
  for (const auto& writer : stages.writers) {
    const DrawerNode& drawer = *stages.drawers[writer->drawer];
    rows.push_back(
        row_of(writer->place() + " encode", writer->encode_clock, &drawer.ink_clock(), drawer.id, "a free thread"));
    rows.push_back(row_of(writer->place() + " commit", writer->commit_clock, &writer->encode_clock,
                          writer->id + " encode", "its turn, or its output to be completed"));
    if (writer->stores && !writer->commit_clock.snapshot().in_work) rows.back()[3] = "brings its output to the disk";
  }
  const std::string limit = storing == nullptr ? "run.stall_timeout"
                                               : "ten times run.stall_timeout, as " + storing->place() +
                                                     " may wait for the disk; raise it where the disk is only slow";
  return "nothing moved for " + std::to_string(static_cast<std::uint64_t>(seconds)) + " s (" + limit + "); " + slots +
         " batches are in flight:" + format(rows);
}

}  // namespace plotmill
