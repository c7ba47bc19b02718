// The graph of one run.
#include "engine/run/flow.hpp"

#include <chrono>

#include "engine/run/nodes.hpp"

namespace plotmill {

namespace flow = oneapi::tbb::flow;

namespace {

std::uint64_t n_bytes_of(const Sequences& series) {
  return series.values.size() * sizeof(float) + series.sources.size() * sizeof(Source);
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

Flow::Flow(RunStages& stages)
    : state_(stages), stages_(stages), arena_(static_cast<int>(stages.plan.threads)), lanes_(stages.plan.threads) {
  // TBB has as many workers as the machine has cores, less one for the caller; more threads must be allowed explicitly.
  if (stages.plan.threads > std::thread::hardware_concurrency()) {
    parallelism_.emplace(oneapi::tbb::global_control::max_allowed_parallelism, stages.plan.threads);
  }
  for (std::size_t i = 0; i < stages.writers.size(); ++i) {
    commit_threads_.push_back(std::make_unique<CommitThread>(state_.pool.size()));
  }
  name_for_profilers();
  // A graph runs its nodes in the arena in which it was made.
  try {
    arena_.execute([&] { build(); });
  } catch (...) {
    // Where oneTBB was refused a thread, what it has begun must end before the nodes do.
    if (graph_) {
      graph_->cancel();
      graph_->wait_for_all();
    }
    throw;
  }
}

// Making an edge spawns tasks that touch the nodes, also where nothing was started.
Flow::~Flow() { graph_->wait_for_all(); }

void Flow::name_for_profilers() {
  for (const NodeView& node : nodes_of(stages_)) {
    node.clock->name(node.stage->id + " " + std::string(step_name(node.step)));
  }
  for (const auto& writer : stages_.writers) writer->finish_clock.name(writer->id + " finish");
  reader_name_ = stages_.reader.id + " read";
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) lane_names_.push_back("worker " + std::to_string(lane));
}

void Flow::build() {
  graph_ = std::make_unique<flow::graph>();
  for (std::size_t i = 0; i < stages_.drawers.size(); ++i) {
    if (stages_.drawers[i]->device_drawer) {
      build_device_nodes(i);
      continue;
    }
    const bool serial = stages_.drawers[i]->concurrency == Concurrency::serial;
    auto node = std::make_unique<Node>(*graph_, serial ? flow::serial : flow::unlimited, [this, i](Slot* slot) {
      slot->baton.enter();
      draw(i, *slot);
      return slot;
    });
    draw_ends_.push_back({node.get(), {node.get()}});
    draw_nodes_.push_back(std::move(node));
  }
  for (std::size_t i = 0; i < stages_.writers.size(); ++i) {
    encode_nodes_.push_back(std::make_unique<Node>(*graph_, flow::unlimited, [this, i](Slot* slot) {
      slot->baton.enter();
      encode(i, *slot);
      return slot;
    }));
    order_nodes_.push_back(
        std::make_unique<Order>(*graph_, [](Slot* slot) { return static_cast<std::size_t>(slot->position.batch); }));
    hand_over_nodes_.push_back(std::make_unique<HandOver>(*graph_, flow::serial, [this, i](Slot* slot) {
      slot->baton.enter();
      commit_threads_[i]->put(slot);
      return flow::continue_msg{};
    }));
    for (flow::sender<Slot*>* const drawn : draw_ends_[stages_.writers[i]->drawer].drawn) {
      flow::make_edge(*drawn, *encode_nodes_[i]);
    }
    flow::make_edge(*encode_nodes_[i], *order_nodes_[i]);
    flow::make_edge(*order_nodes_[i], *hand_over_nodes_[i]);
  }
}

void Flow::build_device_nodes(std::size_t drawer) {
  DeviceNodes::Batches& batches = *device_batches_.emplace_back(std::make_unique<DeviceNodes::Batches>(*graph_));
  DrawEnds ends{&batches, {}};
  for (const auto& device : stages_.devices) {
    const std::size_t first_lane = device_nodes_.size() * stages_.plan.streams;
    const DrawerNode& node = *stages_.drawers[drawer];
    // Before the nodes, which the graph uses as soon as they have edges.
    auto lanes = at_place(node.place(), [&] { return make_lanes(stages_, node, *device, first_lane); });
    device_nodes_.push_back(std::make_unique<DeviceNodes>(*graph_, state_, drawer, *device, std::move(lanes), batches));
    ends.drawn.push_back(&device_nodes_.back()->drawn());
  }
  draw_ends_.push_back(std::move(ends));
}

void Flow::start(const std::shared_ptr<void>& keep_alive) {
  graph_->reserve_wait();
  try {
    start_threads(keep_alive);
  } catch (...) {
    // The system has refused a thread. The reader's comes last, so that nothing is in the graph yet.
    graph_->release_wait();
    if (graph_thread_.joinable()) graph_thread_.join();
    for (const auto& thread : commit_threads_) {
      thread->end();
      thread->join();
    }
    throw;
  }
}

void Flow::start_threads(const std::shared_ptr<void>& keep_alive) {
  for (std::size_t i = 0; i < commit_threads_.size(); ++i) {
    commit_threads_[i]->start(stages_.writers[i]->id + " commit",
                              {.commit = [this, i](Slot& slot) { commit(i, slot); },
                               .at_end = [this, i] { finish(i); },
                               .checkpoint = [this, i] { checkpoint(i); },
                               .checkpoint_due = [this, i] { return stages_.writers[i]->checkpoint_due; }},
                              keep_alive);
  }
  // This thread takes part in the work, so that the graph has as many threads as asked for.
  graph_thread_ = std::thread([this, keep_alive] { arena_.execute([&] { graph_->wait_for_all(); }); });
  reader_thread_ = std::thread([this, keep_alive] {
    name_thread(reader_name_);
    read();
    reader_ended_ = true;
    state_.wake_watcher();
  });
}

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

void Flow::finish() {
  finishing_ = true;
  graph_->release_wait();
  for (const auto& thread : commit_threads_) thread->finish();
}

bool Flow::drained() const { return reader_ended_ && state_.pool.n_taken() == 0; }

void Flow::join() {
  reader_thread_.join();
  graph_thread_.join();
  for (const auto& thread : commit_threads_) thread->join();
}

void Flow::leave() {
  if (!finishing_) graph_->release_wait();
  reader_thread_.detach();
  graph_thread_.detach();
  for (const auto& thread : commit_threads_) {
    if (!finishing_) thread->end();
    thread->detach();
  }
}

}  // namespace plotmill
