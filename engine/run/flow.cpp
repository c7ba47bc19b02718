// The graph of one run: made, started, and ended. What its nodes do is in flow_work.cpp.
#include "engine/run/flow.hpp"

#include <chrono>

#include "engine/run/nodes.hpp"

namespace plotmill {

namespace flow = oneapi::tbb::flow;

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
