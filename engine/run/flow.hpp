// The graph of one run: a reader thread, a oneTBB flow graph that draws and encodes, and a commit thread for each
// writer.
//
//   reader -> draw (each drawer) -> encode (each writer) -> in order -> commit (the writer's thread) -> slot is free
//   again
//
// Where a drawer draws on devices, device_nodes.hpp has what stands in place of draw.
//
// What passes along the edges is a Slot. Every slot that is read passes every node, also after an error: then the nodes
// only hand it on, so that the graph drains and all memory comes home without a cancelled TBB context.
#pragma once

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/run/commit_thread.hpp"
#include "engine/run/device_nodes.hpp"
#include "engine/run/flow_state.hpp"

namespace plotmill {

/// One thread at a time calls the public functions; none of them waits for a stage but join().
class Flow {
 public:
  explicit Flow(RunStages& stages);
  Flow(const Flow&) = delete;
  Flow& operator=(const Flow&) = delete;
  ~Flow();

  /// Starts all threads. Each holds `keep_alive`, which must own this Flow and its stages. Where the system refuses
  /// one, none is left when the exception comes out.
  void start(const std::shared_ptr<void>& keep_alive);

  [[nodiscard]] FlowState& state() noexcept { return state_; }
  [[nodiscard]] const FlowState& state() const noexcept { return state_; }

  /// The reader has ended and every batch has passed the graph.
  [[nodiscard]] bool drained() const;

  /// After drained(): each writer finishes, or gives up if the run has failed, on its own thread.
  void finish();
  [[nodiscard]] bool finished() const { return n_writers_finished_ == stages_.writers.size(); }

  [[nodiscard]] bool reader_ended() const noexcept { return reader_ended_; }

  /// Waits for all threads; after finished().
  void join();

  /// Leaves the threads to themselves, as one of them hangs: each ends once it has nothing more to do. Writers are
  /// neither finished nor abandoned, as a call into them may be under way.
  void leave();

 private:
  using Node = oneapi::tbb::flow::function_node<Slot*, Slot*>;
  using Order = oneapi::tbb::flow::sequencer_node<Slot*>;
  /// Where a drawer's batches go in, and where they come out.
  struct DrawEnds {
    oneapi::tbb::flow::receiver<Slot*>* batches;
    std::vector<oneapi::tbb::flow::sender<Slot*>*> drawn;
  };
  using HandOver = oneapi::tbb::flow::function_node<Slot*>;

  void name_for_profilers();
  void build();
  void build_device_nodes(std::size_t drawer);
  void start_threads(const std::shared_ptr<void>& keep_alive);
  void read();
  void read_batch(Slot& slot);
  void draw(std::size_t drawer, Slot& slot);
  void draw_batch(DrawerNode& drawer, const Sequences& series, Ink& ink, std::size_t lane);
  void encode(std::size_t writer, Slot& slot);
  void commit(std::size_t writer, Slot& slot);
  void checkpoint_if_due(WriterNode& writer) const;
  void checkpoint(std::size_t writer);
  void finish(std::size_t writer);
  template <class Work>
  void in_lane(Slot& slot, Work&& work);

  FlowState state_;
  RunStages& stages_;
  std::optional<oneapi::tbb::global_control> parallelism_;
  oneapi::tbb::task_arena arena_;
  std::unique_ptr<oneapi::tbb::flow::graph> graph_;
  std::vector<std::unique_ptr<Node>> draw_nodes_, encode_nodes_;
  std::vector<std::unique_ptr<DeviceNodes::Batches>> device_batches_;
  std::vector<DrawEnds> draw_ends_;  ///< By drawer.
  std::vector<std::unique_ptr<Order>> order_nodes_;
  std::vector<std::unique_ptr<HandOver>> hand_over_nodes_;
  std::vector<std::unique_ptr<DeviceNodes>> device_nodes_;
  std::vector<std::unique_ptr<CommitThread>> commit_threads_;
  std::thread reader_thread_, graph_thread_;

  std::vector<Baton> lanes_;
  std::string reader_name_;  ///< For profilers, as those of the lanes.
  std::vector<std::string> lane_names_;
  std::atomic<bool> reader_ended_ = false;
  bool finishing_ = false;
  std::atomic<std::size_t> n_writers_finished_ = 0;
};

}  // namespace plotmill
