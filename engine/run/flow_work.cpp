// What the nodes of the graph do with a batch: read, draw, encode, commit.
#include <chrono>

#include "engine/run/flow.hpp"

namespace plotmill {
namespace {

std::uint64_t n_bytes_of(const Sequences& series) {
  return series.values.size() * sizeof(double) + series.sources.size() * sizeof(Source);
}

// Whether an earlier run has stored all of a batch, which then need not be encoded.
bool is_stored(const WriterNode& writer, const Slot& slot) {
  const std::uint64_t end = slot.position.first_image + slot.series.size();
  return writer.stored.is_complete || (slot.series.size() > 0 && end <= writer.stored.n_images);
}

/// While one lives, the writer may wait for the disk.
class Storing {
 public:
  explicit Storing(WriterNode& writer) : writer_(writer) { writer_.stores = true; }
  Storing(const Storing&) = delete;
  Storing& operator=(const Storing&) = delete;
  ~Storing() { writer_.stores = false; }

 private:
  WriterNode& writer_;
};

}  // namespace

/// Runs work(lane) in the lane that this thread of the arena has to itself.
template <class Work>
void Flow::in_lane(Slot& slot, Work&& work) {
  const auto lane = static_cast<std::size_t>(oneapi::tbb::this_task_arena::current_thread_index());
  lanes_[lane].enter();
  // Each time, as another thread may have had the lane before.
  name_thread(lane_names_[lane]);
  work(lane);
  lanes_[lane].leave();
  slot.baton.leave();
}

void Flow::read() {
  BatchPosition position{0, stages_.plan.first_image};
  const auto attempt = [&](auto&& work) {
    try {
      work();
    } catch (const Error& error) {
      state_.fail(error);
    } catch (...) {
      state_.fail(current_error_at(stages_.reader.place()));
    }
  };
  attempt([&] { state_.feed.begin([this] { return stages_.pulse->keep_going(); }); });
  while (state_.feed.more() && !state_.stopping()) {
    Slot* const slot = state_.pool.take();
    if (slot == nullptr) return;
    slot->position = position;
    attempt([&] { read_batch(*slot); });
    state_.moved();
    const std::size_t n = slot->series.size();
    // Names of groups that came without a series are stored, too, also by a writer that resumes with its last image.
    if (state_.stopping() || (n == 0 && slot->series.bad.empty() && slot->series.new_groups.empty())) {
      state_.pool.give_back(slot);
      continue;
    }
    ++position.batch;
    position.first_image += n;
    slot->n_writers_left = stages_.writers.size();
    slot->baton.leave();
    for (const DrawEnds& ends : draw_ends_) ends.batches->try_put(slot);
  }
}

void Flow::read_batch(Slot& slot) {
  NodeClock::Work work(stages_.reader.clock, slot.position.batch, RunStages::reader_thread());
  state_.feed.fill(slot.series, stages_.plan.batch);
  state_.pool.count(slot, n_bytes_of(slot.series));
  work.done(slot.series.size());
}

// Draws all series of a batch but those whose images are to be blank.
void Flow::draw_batch(DrawerNode& drawer, const Sequences& series, Ink& ink, std::size_t lane) {
  std::size_t begin = 0;
  const auto draw_to = [&](std::size_t end) {
    if (end == begin) return;
    try {
      drawer.stage->draw({series.values.data() + begin * series.n_points, end - begin, series.n_points}, ink, lane);
    } catch (Error& error) {
      if (error.series()) error.about_series(begin + *error.series());
      throw;
    }
    begin = end;
  };
  if (stages_.on_bad_series == OnBadSeries::blank) {
    for (const BadSeries& bad : series.bad) {
      draw_to(bad.index);
      ink.append_blank();
      ++begin;
    }
  }
  draw_to(series.size());
}

void Flow::draw(std::size_t drawer_index, Slot& slot) {
  in_lane(slot, [&](std::size_t lane) {
    DrawerNode& drawer = *stages_.drawers[drawer_index];
    state_.guard(drawer, &slot, [&] {
      NodeClock::Work work(drawer.clock, slot.position.batch, RunStages::lane_thread(lane));
      Ink& ink = slot.ink[drawer_index];
      draw_batch(drawer, slot.series, ink, lane);
      if (state_.stopping()) return;
      state_.accept_ink(drawer_index, slot);
      work.done(ink.n_images());
    });
  });
  state_.moved();
}

void Flow::encode(std::size_t writer_index, Slot& slot) {
  in_lane(slot, [&](std::size_t lane) {
    WriterNode& writer = *stages_.writers[writer_index];
    state_.guard(writer, &slot, [&] {
      NodeClock::Work work(writer.encode_clock, slot.position.batch, RunStages::lane_thread(lane));
      if (!is_stored(writer, slot) && slot.series.size() > 0) {
        writer.stage->encode(slot.position, slot.ink[writer.drawer], slot.encoded[writer_index], lane);
        state_.pool.count(slot, slot.encoded[writer_index].bytes.size());
      }
      work.done(slot.series.size());
    });
  });
  state_.moved();
}

void Flow::checkpoint_if_due(WriterNode& writer) const {
  const auto now = Clock::now();
  if (writer.checkpoint_due == Clock::time_point::max()) {
    const std::chrono::duration<double> period(stages_.checkpoint_seconds);
    writer.checkpoint_due = now + std::chrono::duration_cast<Clock::duration>(period);
  }
  if (now < writer.checkpoint_due) return;
  writer.checkpoint_due = Clock::time_point::max();
  writer.stage->checkpoint();
}

void Flow::checkpoint(std::size_t writer_index) {
  WriterNode& writer = *stages_.writers[writer_index];
  const Storing storing(writer);
  writer.checkpoint_due = Clock::time_point::max();
  state_.guard(writer, nullptr, [&] { writer.stage->checkpoint(); });
  state_.moved();
}

void Flow::commit(std::size_t writer_index, Slot& slot) {
  WriterNode& writer = *stages_.writers[writer_index];
  const Storing storing(writer);
  state_.guard(writer, &slot, [&] {
    NodeClock::Work work(writer.commit_clock, slot.position.batch, stages_.writer_thread(writer_index));
    // Of what is stored, too: names of groups may come with it.
    if (!writer.stored.is_complete) {
      writer.stage->commit(slot.position, slot.series, slot.encoded[writer_index]);
      checkpoint_if_due(writer);
    }
    work.done(slot.series.size());
  });
  if (--slot.n_writers_left == 0) state_.pool.give_back(&slot);
  state_.moved();
  if (drained()) state_.wake_watcher();
}

void Flow::finish(std::size_t writer_index) {
  WriterNode& writer = *stages_.writers[writer_index];
  const Storing storing(writer);
  bool is_finished = writer.stored.is_complete;
  state_.guard(writer, nullptr, [&] {
    if (is_finished) return;
    const std::uint64_t n_batches = writer.commit_clock.snapshot().n_batches;
    NodeClock::Work work(writer.finish_clock, n_batches, stages_.writer_thread(writer_index));
    writer.stage->finish();
    is_finished = true;
    work.done(0);
  });
  // After a finish() that failed, or was not called as the run had failed. What another writer fails with meanwhile
  // takes nothing from an output that is complete.
  if (!is_finished) writer.stage->abandon();
  writer.opened = false;
  ++n_writers_finished_;
  state_.moved();
  state_.wake_watcher();
}

}  // namespace plotmill
