// The graph of one run: a reader thread, a oneTBB flow graph that draws and encodes, and a commit thread for each
// writer.
//
//   reader -> draw (each drawer) -> encode (each writer) -> in order -> commit (the writer's thread) -> slot is free
//   again
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

#include "engine/commit_thread.hpp"
#include "engine/input_feed.hpp"
#include "engine/run_stages.hpp"
#include "engine/slot.hpp"

namespace plotmill {

/// One thread at a time calls the public functions; none of them waits for a stage but wait_a_moment() and join().
class Flow {
 public:
  explicit Flow(RunStages& stages);
  Flow(const Flow&) = delete;
  Flow& operator=(const Flow&) = delete;
  ~Flow();

  /// Starts all threads. Each holds `keep_alive`, which must own this Flow and its stages. Where the system refuses
  /// one, none is left when the exception comes out.
  void start(const std::shared_ptr<void>& keep_alive);

  /// Makes the run fail with this error, unless it has failed already, and drains the graph.
  void fail(Error error);

  /// The first error.
  [[nodiscard]] std::optional<Error> error() const;

  /// The reader has ended and every batch has passed the graph.
  [[nodiscard]] bool drained() const;

  /// After drained(): each writer finishes, or gives up if the run has failed, on its own thread.
  void finish();
  [[nodiscard]] bool finished() const { return n_writers_finished_ == stages_.writers.size(); }

  /// Returns when drained() or finished() may have become true, at the latest after a fiftieth of a second.
  void wait_a_moment();

  /// Grows whenever a node has done something, or a stage an image.
  [[nodiscard]] std::uint64_t n_moves() const noexcept { return n_moves_ + stages_.pulse->n_beats(); }

  [[nodiscard]] std::size_t n_slots_taken() const { return pool_.n_taken(); }
  [[nodiscard]] std::uint64_t n_bytes_in_flight() const noexcept { return pool_.n_bytes(); }
  [[nodiscard]] bool reader_ended() const noexcept { return reader_ended_; }

  /// Waits for all threads; after finished().
  void join();

  /// The bad series that were met. After join().
  [[nodiscard]] const InputFeed& feed() const noexcept { return feed_; }

  /// Leaves the threads to themselves, as one of them hangs: each ends once it has nothing more to do. Writers are
  /// neither finished nor abandoned, as a call into them may be under way.
  void leave();

 private:
  using Node = oneapi::tbb::flow::function_node<Slot*, Slot*>;
  using Order = oneapi::tbb::flow::sequencer_node<Slot*>;
  using HandOver = oneapi::tbb::flow::function_node<Slot*>;

  void build();
  void start_threads(const std::shared_ptr<void>& keep_alive);
  void read();
  void read_batch(Slot& slot);
  void draw(std::size_t drawer, Slot& slot);
  void draw_batch(DrawerNode& drawer, const Sequences& series, Ink& ink, std::size_t lane);
  void encode(std::size_t writer, Slot& slot);
  void commit(std::size_t writer, Slot& slot);
  void checkpoint_if_due(WriterNode& writer) const;
  void finish(std::size_t writer);
  void moved() noexcept { ++n_moves_; }
  void wake_watcher();  ///< Not for every move: a thread that wakes takes a core from one that draws.
  template <class Work>
  void in_lane(Slot& slot, Work&& work);
  template <class Work>
  void guard(const RunNode& node, const Slot* slot, Work&& work);
  [[nodiscard]] Error with_source(const Error& error, const RunNode& node, const Slot& slot);

  RunStages& stages_;
  InputFeed feed_;
  SlotPool pool_;
  std::optional<oneapi::tbb::global_control> parallelism_;
  oneapi::tbb::task_arena arena_;
  std::unique_ptr<oneapi::tbb::flow::graph> graph_;
  std::vector<std::unique_ptr<Node>> draw_nodes_, encode_nodes_;
  std::vector<std::unique_ptr<Order>> order_nodes_;
  std::vector<std::unique_ptr<HandOver>> hand_over_nodes_;
  std::vector<std::unique_ptr<CommitThread>> commit_threads_;
  std::thread reader_thread_, graph_thread_;

  std::vector<Baton> lanes_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> reader_ended_ = false;
  bool finishing_ = false;
  std::atomic<std::size_t> n_writers_finished_ = 0;
  std::atomic<std::uint64_t> n_moves_ = 0;
  mutable std::mutex mutex_;  // Of what follows.
  std::condition_variable changed_;
  bool watcher_woken_ = false;
  std::optional<Error> error_;
};

}  // namespace plotmill
