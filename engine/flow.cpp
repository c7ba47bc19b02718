// The graph of one run.
#include "engine/flow.hpp"

#include <chrono>

#include "engine/learning.hpp"

namespace plotmill {

namespace flow = oneapi::tbb::flow;

namespace {

std::uint64_t n_bytes_of(const Sequences& series) {
  return series.values.size() * sizeof(float) + series.sources.size() * sizeof(Source);
}

std::uint64_t n_bytes_of(const Ink& ink) {
  return ink.row_begin.size() * sizeof(std::uint32_t) + ink.runs.size() * sizeof(Run) + ink.coverage.size();
}

}  // namespace

Flow::Flow(RunStages& stages)
    : stages_(stages),
      pool_(stages.plan.batches_in_flight, stages.series.n_points, stages.image_shapes(), stages.writers.size()),
      arena_(static_cast<int>(stages.plan.threads)),
      lanes_(stages.plan.threads) {
  // TBB has as many workers as the machine has cores, less one for the caller; more threads must be allowed explicitly.
  if (stages.plan.threads > std::thread::hardware_concurrency()) {
    parallelism_.emplace(oneapi::tbb::global_control::max_allowed_parallelism, stages.plan.threads);
  }
  for (std::size_t i = 0; i < stages.writers.size(); ++i) {
    commit_threads_.push_back(std::make_unique<CommitThread>(pool_.size()));
  }
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

void Flow::build() {
  graph_ = std::make_unique<flow::graph>();
  for (std::size_t i = 0; i < stages_.drawers.size(); ++i) {
    const bool serial = stages_.drawers[i]->concurrency == Concurrency::serial;
    draw_nodes_.push_back(
        std::make_unique<Node>(*graph_, serial ? flow::serial : flow::unlimited, [this, i](Slot* slot) {
          slot->baton.enter();
          draw(i, *slot);
          return slot;
        }));
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
    flow::make_edge(*draw_nodes_[stages_.writers[i]->drawer], *encode_nodes_[i]);
    flow::make_edge(*encode_nodes_[i], *order_nodes_[i]);
    flow::make_edge(*order_nodes_[i], *hand_over_nodes_[i]);
  }
}

void Flow::start(const std::shared_ptr<void>& keep_alive) {
  graph_->reserve_wait();
  try {
    start_threads(keep_alive);
  } catch (...) {
    // The system has refused a thread. The reader's comes last, so that nothing is in the graph yet.
    graph_->release_wait();
    graph_->wait_for_all();
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
    commit_threads_[i]->start([this, i](Slot& slot) { commit(i, slot); }, [this, i] { finish(i); }, keep_alive);
  }
  // This thread takes part in the work, so that the graph has as many threads as asked for.
  graph_thread_ = std::thread([this, keep_alive] { arena_.execute([&] { graph_->wait_for_all(); }); });
  reader_thread_ = std::thread([this, keep_alive] {
    read();
    reader_ended_ = true;
    wake_watcher();
  });
}

template <class Work>
void Flow::guard(const RunNode& node, const Slot* slot, Work&& work) {
  if (stopping_) return;
  try {
    work();
  } catch (...) {
    const Error error = current_error_at(node.place());
    fail(slot != nullptr && error.series() ? with_source(error, node, *slot) : error);
  }
}

/// Runs work(lane) in the lane that this thread of the arena has to itself.
template <class Work>
void Flow::in_lane(Slot& slot, Work&& work) {
  const auto lane = static_cast<std::size_t>(oneapi::tbb::this_task_arena::current_thread_index());
  lanes_[lane].enter();
  work(lane);
  lanes_[lane].leave();
  slot.baton.leave();
}

void Flow::read() {
  ReaderNode& reader = stages_.reader;
  std::uint64_t batch = 0;
  std::uint64_t n_images = 0;
  Sequences first;
  bool more = true;
  try {
    more = learn_from_first(stages_, first);
  } catch (const Error& error) {
    fail(error);
  }
  while ((more || first.size() > 0) && !stopping_) {
    Slot* const slot = pool_.take();
    if (slot == nullptr) return;
    slot->position = {batch, n_images};
    guard(reader, slot, [&] {
      NodeClock::Work work(reader.clock, batch, RunStages::reader_thread());
      more = fill(*slot, first, more);
      const std::lock_guard lock(mutex_);
      groups_.insert(groups_.end(), slot->series.new_groups.begin(), slot->series.new_groups.end());
      pool_.count(*slot, n_bytes_of(slot->series));
      work.done(slot->series.size());
    });
    moved();
    if (stopping_ || slot->series.size() == 0) {
      pool_.give_back(slot);
      continue;
    }
    ++batch;
    n_images += slot->series.size();
    slot->n_writers_left = stages_.writers.size();
    slot->baton.leave();
    for (const auto& node : draw_nodes_) node->try_put(slot);
  }
}

// Fills a slot from what was read ahead to learn from, then from the reader. Returns whether more is to come from the
// reader.
bool Flow::fill(Slot& slot, Sequences& first, bool more) {
  const std::size_t batch = stages_.plan.batch;
  Sequences& series = slot.series;
  std::swap(series.new_groups, first.new_groups);
  const std::size_t n_first = std::min(batch, first.size());
  const auto n_values = static_cast<std::ptrdiff_t>(n_first * series.n_points);
  series.values.assign(first.values.begin(), first.values.begin() + n_values);
  series.sources.assign(first.sources.begin(), first.sources.begin() + static_cast<std::ptrdiff_t>(n_first));
  first.values.erase(first.values.begin(), first.values.begin() + n_values);
  first.sources.erase(first.sources.begin(), first.sources.begin() + static_cast<std::ptrdiff_t>(n_first));
  if (more && series.size() < batch) more = stages_.reader.stage->read(series, batch);
  const std::size_t n = series.size();
  if (n > batch || (more && n < batch) || series.values.size() != n * stages_.series.n_points) {
    throw Error(ErrorKind::internal, "read() gave " + std::to_string(n) + " series of a batch of " +
                                         std::to_string(batch) + "; every batch but the last is full");
  }
  return more;
}

void Flow::draw(std::size_t drawer_index, Slot& slot) {
  in_lane(slot, [&](std::size_t lane) {
    DrawerNode& drawer = *stages_.drawers[drawer_index];
    guard(drawer, &slot, [&] {
      NodeClock::Work work(drawer.clock, slot.position.batch, RunStages::lane_thread(lane));
      Ink& ink = slot.ink[drawer_index];
      drawer.stage->draw(slot.series.view(), ink, lane);
      if (stopping_) return;
      if (ink.n_images() != slot.series.size() || ink.row_begin.size() != ink.n_images() * ink.shape.height + 1) {
        throw Error(ErrorKind::internal, "draw() gave " + std::to_string(ink.n_images()) + " images for " +
                                             std::to_string(slot.series.size()) + " series");
      }
      for (std::size_t i = 0; i < ink.n_images(); ++i) drawer.n_blank += ink.image(i).runs.empty() ? 1U : 0U;
      pool_.count(slot, n_bytes_of(ink));
      if (drawer.first_charts && slot.position.batch == 0) drawer.first_charts->keep(ink, slot.series);
      work.done(ink.n_images());
    });
  });
  moved();
}

void Flow::encode(std::size_t writer_index, Slot& slot) {
  in_lane(slot, [&](std::size_t lane) {
    WriterNode& writer = *stages_.writers[writer_index];
    guard(writer, &slot, [&] {
      NodeClock::Work work(writer.encode_clock, slot.position.batch, RunStages::lane_thread(lane));
      writer.stage->encode(slot.position, slot.ink[writer.drawer], slot.encoded[writer_index], lane);
      pool_.count(slot, slot.encoded[writer_index].bytes.size());
      work.done(slot.series.size());
    });
  });
  moved();
}

void Flow::commit(std::size_t writer_index, Slot& slot) {
  WriterNode& writer = *stages_.writers[writer_index];
  guard(writer, &slot, [&] {
    NodeClock::Work work(writer.commit_clock, slot.position.batch, stages_.writer_thread(writer_index));
    writer.stage->commit(slot.position, slot.series, slot.encoded[writer_index]);
    work.done(slot.series.size());
  });
  if (--slot.n_writers_left == 0) pool_.give_back(&slot);
  moved();
  if (drained()) wake_watcher();
}

void Flow::finish(std::size_t writer_index) {
  WriterNode& writer = *stages_.writers[writer_index];
  guard(writer, nullptr, [&] {
    const std::uint64_t n_batches = writer.commit_clock.snapshot().n_batches;
    NodeClock::Work work(writer.finish_clock, n_batches, stages_.writer_thread(writer_index));
    writer.stage->finish();
    work.done(0);
  });
  // Also after a finish() that failed, here or in another writer that has not come to it.
  if (stopping_) writer.stage->abandon();
  writer.opened = false;
  ++n_writers_finished_;
  moved();
  wake_watcher();
}

void Flow::finish() {
  finishing_ = true;
  graph_->release_wait();
  for (const auto& thread : commit_threads_) thread->finish();
}

void Flow::fail(Error error) {
  {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
  }
  stopping_ = true;
  stages_.pulse->stop();
  pool_.stop();
}

std::optional<Error> Flow::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

bool Flow::drained() const { return reader_ended_ && pool_.n_taken() == 0; }

void Flow::wake_watcher() {
  {
    const std::lock_guard lock(mutex_);
    watcher_woken_ = true;
  }
  changed_.notify_one();
}

void Flow::wait_a_moment() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(20), [&] { return watcher_woken_; });
  watcher_woken_ = false;
}

Error Flow::with_source(const Error& error, const RunNode& node, const Slot& slot) {
  const Source source = slot.series.sources[*error.series()];
  std::string group;
  {
    const std::lock_guard lock(mutex_);
    if (source.group < groups_.size()) group = groups_[source.group];
  }
  const std::string place =
      image_place(node, stages_.reader, slot.position.first_image + *error.series(), group, source);
  return {error.kind(), place, error.faults().front().text};
}

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
