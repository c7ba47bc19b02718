// The nodes that draw on devices, in place of the node that draws on the CPU. For each device:
//
//   batches + free lanes -> upload -> draw (async) -> download (async) -> append -> encode
//
// A batch waits until a lane is free, and takes it. No node waits for the device: what it has put into the lane's
// stream ends in a call that gives the lane to the next node. Where the device has no memory for a batch, it is drawn
// in parts.
#pragma once

#include <oneapi/tbb/flow_graph.h>

#include <atomic>
#include <memory>
#include <tuple>
#include <vector>

#include "engine/run/device_lane.hpp"
#include "engine/run/flow_state.hpp"

namespace plotmill {

/// Makes run.streams lanes of a drawer; `first_lane` counts those of all devices before. Throws as Device does.
[[nodiscard]] std::vector<std::unique_ptr<DeviceLane>> make_lanes(const RunStages& stages, const DrawerNode& drawer,
                                                                  Device& device, std::size_t first_lane);

/// The nodes of one drawer on one device. Batches come from a queue that it shares with its other devices.
class DeviceNodes {
 public:
  using Batches = oneapi::tbb::flow::queue_node<Slot*>;

  DeviceNodes(oneapi::tbb::flow::graph& graph, FlowState& state, std::size_t drawer, Device& device,
              std::vector<std::unique_ptr<DeviceLane>> lanes, Batches& batches);
  DeviceNodes(const DeviceNodes&) = delete;
  DeviceNodes& operator=(const DeviceNodes&) = delete;

  /// Gives every batch once its ink is in its slot.
  [[nodiscard]] oneapi::tbb::flow::sender<Slot*>& drawn() { return oneapi::tbb::flow::output_port<1>(append_); }

 private:
  using Async = oneapi::tbb::flow::async_node<DeviceLane*, DeviceLane*>;
  using Gateway = Async::gateway_type;
  using Append = oneapi::tbb::flow::multifunction_node<DeviceLane*, std::tuple<DeviceLane*, Slot*, DeviceLane*>>;

  void upload(DeviceLane& lane);
  bool draw(DeviceLane& lane, Gateway& gateway);
  bool download(DeviceLane& lane, Gateway& gateway);
  /// Whether the batch has been drawn to its end, or been given up.
  bool append(DeviceLane& lane);

  template <class Allocate>
  bool has_room(DeviceLane& lane, Allocate&& allocate);
  void copy_series(const DeviceLane& lane);
  template <class Work>
  void guard(DeviceLane& lane, Work&& work);
  /// Hands the lane on when all that is in its stream is done.
  void hand_on(DeviceLane& lane, Gateway& gateway);

  FlowState& state_;
  std::size_t drawer_index_;
  DrawerNode& drawer_;
  Device& device_;
  std::atomic<std::uint32_t> most_images_;  ///< That the device has had memory for.
  oneapi::tbb::flow::queue_node<DeviceLane*> free_lanes_;
  oneapi::tbb::flow::join_node<std::tuple<Slot*, DeviceLane*>, oneapi::tbb::flow::reserving> join_;
  oneapi::tbb::flow::function_node<std::tuple<Slot*, DeviceLane*>, DeviceLane*> take_;
  oneapi::tbb::flow::function_node<DeviceLane*, DeviceLane*> upload_;
  Async draw_, download_;
  Append append_;
  std::vector<std::unique_ptr<DeviceLane>> lanes_;
};

}  // namespace plotmill
