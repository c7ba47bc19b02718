// See device_nodes.hpp.
#include "engine/run/device_nodes.hpp"

#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

namespace plotmill {

namespace flow = oneapi::tbb::flow;

namespace {

std::size_t worker_thread() {
  return RunStages::lane_thread(static_cast<std::size_t>(oneapi::tbb::this_task_arena::current_thread_index()));
}

std::size_t n_left(const DeviceLane& lane) { return lane.slot->series.size() - lane.begin; }

}  // namespace

std::vector<std::unique_ptr<DeviceLane>> make_lanes(const RunStages& stages, const DrawerNode& drawer, Device& device,
                                                    std::size_t first_lane) {
  std::vector<std::unique_ptr<DeviceLane>> lanes;
  for (std::size_t i = 0; i < stages.plan.streams; ++i) {
    const std::string name = drawer.id + " " + device.name() + " stream " + std::to_string(i);
    lanes.push_back(std::make_unique<DeviceLane>(device, stages.stream_thread(first_lane + i), name));
  }
  return lanes;
}

DeviceNodes::DeviceNodes(flow::graph& graph, FlowState& state, std::size_t drawer, Device& device,
                         std::vector<std::unique_ptr<DeviceLane>> lanes, Batches& batches)
    : state_(state),
      drawer_index_(drawer),
      drawer_(*state.stages.drawers[drawer]),
      device_(device),
      most_images_(drawer_.device_drawer->max_images()),
      free_lanes_(graph),
      join_(graph),
      take_(graph, flow::serial,
            [](const std::tuple<Slot*, DeviceLane*>& pair) {
              const auto [slot, lane] = pair;
              slot->baton.enter();
              lane->baton.enter();
              lane->slot = slot;
              lane->begin = 0;
              lane->baton.leave();
              return lane;
            }),
      upload_(graph, flow::serial,
              [this](DeviceLane* lane) {
                lane->baton.enter();
                upload(*lane);
                lane->baton.leave();
                return lane;
              }),
      draw_(graph, flow::unlimited,
            [this](DeviceLane* lane, Gateway& gateway) {
              lane->baton.enter();
              if (draw(*lane, gateway)) return;
              lane->baton.leave();
              gateway.try_put(lane);
            }),
      download_(graph, flow::unlimited,
                [this](DeviceLane* lane, Gateway& gateway) {
                  lane->baton.enter();
                  if (download(*lane, gateway)) return;
                  lane->baton.leave();
                  gateway.try_put(lane);
                }),
      append_(graph, flow::unlimited,
              [this](DeviceLane* lane, Append::output_ports_type& ports) {
                lane->baton.enter();
                if (!append(*lane)) {
                  lane->baton.leave();
                  std::get<0>(ports).try_put(lane);
                  return;
                }
                Slot* const slot = std::exchange(lane->slot, nullptr);
                slot->baton.leave();
                lane->baton.leave();
                // The lane first: whoever gets the batch may be the last to need the graph.
                std::get<2>(ports).try_put(lane);
                std::get<1>(ports).try_put(slot);
              }),
      lanes_(std::move(lanes)) {
  flow::make_edge(batches, flow::input_port<0>(join_));
  flow::make_edge(free_lanes_, flow::input_port<1>(join_));
  flow::make_edge(join_, take_);
  flow::make_edge(take_, upload_);
  flow::make_edge(upload_, draw_);
  flow::make_edge(draw_, download_);
  flow::make_edge(download_, append_);
  flow::make_edge(flow::output_port<0>(append_), upload_);
  flow::make_edge(flow::output_port<2>(append_), free_lanes_);
  for (const auto& lane : lanes_) {
    lane->baton.leave();
    free_lanes_.try_put(lane.get());
  }
}

template <class Work>
void DeviceNodes::guard(DeviceLane& lane, Work&& work) {
  state_.guard(drawer_, lane.slot, [&] {
    try {
      if (lane.lost) throw *std::exchange(lane.lost, {});
      work();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::device) throw;
      std::vector<Fault> faults = error.faults();
      faults.front().place = "batch " + std::to_string(lane.slot->position.batch) + " on " + device_.name() +
                             (faults.front().place.empty() ? "" : " " + faults.front().place);
      throw Error(error.kind(), std::move(faults));
    }
  });
  state_.moved();
}

// Where the device has no room, the lane is to come again with half as many images.
template <class Allocate>
bool DeviceNodes::has_room(DeviceLane& lane, Allocate&& allocate) {
  try {
    allocate();
    return true;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::out_of_memory) throw;
    if (lane.n == 1) {
      throw Error(error.kind(), device_.name() + " has no room for one image: " + error.what() +
                                    "; a smaller image, or run.streams 1, needs less");
    }
    lane.release();
    // Other lanes may have lowered it meanwhile.
    std::uint32_t most = most_images_;
    while (most > lane.n / 2 && !most_images_.compare_exchange_weak(most, lane.n / 2)) {
    }
    lane.n = 0;
    return false;
  }
}

void DeviceNodes::copy_series(const DeviceLane& lane) {
  const Sequences& series = lane.slot->series;
  const std::size_t n_points = series.n_points;
  const std::span values(reinterpret_cast<double*>(lane.pinned_values.data()), lane.n * n_points);
  std::copy_n(series.values.data() + lane.begin * n_points, values.size(), values.data());
  if (state_.stages.on_bad_series != OnBadSeries::blank) return;
  for (const BadSeries& bad : series.bad) {
    if (bad.index < lane.begin || bad.index >= lane.begin + lane.n) continue;
    std::ranges::fill(values.subspan((bad.index - lane.begin) * n_points, n_points),
                      std::numeric_limits<double>::quiet_NaN());
  }
}

void DeviceNodes::upload(DeviceLane& lane) {
  lane.n = 0;
  guard(lane, [&] {
    NodeClock::Work work(drawer_.upload_clock, lane.slot->position.batch, worker_thread());
    const std::uint64_t per_series = lane.slot->series.n_points * sizeof(double);
    // It is the others that need what it held for more.
    if (lane.values.size() > most_images_ * per_series) lane.release();
    do {
      if (n_left(lane) == 0) break;
      lane.n = static_cast<std::uint32_t>(std::min<std::size_t>(n_left(lane), most_images_));
    } while (!has_room(lane, [&] {
      lane.pinned_values.make_room(lane.n * per_series);
      lane.values.make_room(lane.n * per_series);
      lane.work.make_room(drawer_.device_drawer->work_bytes(lane.n));
    }));
    if (lane.n > 0) {
      copy_series(lane);
      lane.stream->copy_in(lane.values.data(), lane.pinned_values.data(), lane.n * per_series);
    }
    if (lane.n == n_left(lane)) work.done(lane.slot->series.size());
  });
}

void DeviceNodes::hand_on(DeviceLane& lane, Gateway& gateway) {
  gateway.reserve_wait();
  try {
    lane.stream->then([&lane, &gateway](const std::optional<Error>& error) {
      lane.lost = error;
      lane.baton.leave();
      gateway.try_put(&lane);
      gateway.release_wait();
    });
  } catch (...) {
    gateway.release_wait();
    throw;
  }
}

bool DeviceNodes::draw(DeviceLane& lane, Gateway& gateway) {
  bool is_put = false;
  guard(lane, [&] {
    lane.drawing.emplace(drawer_.clock, lane.slot->position.batch, lane.thread);
    if (lane.n == 0) return;
    lane.stream->submit([this, &lane](const DeviceQueue& queue) {
      drawer_.device_drawer->measure(queue, lane.values_on_device(), lane.n, lane.work.data(), lane.size_on_device());
    });
    lane.stream->copy_out(lane.pinned_size.data(), lane.size.data(), sizeof(InkSize));
    hand_on(lane, gateway);
    is_put = true;
  });
  return is_put;
}

bool DeviceNodes::download(DeviceLane& lane, Gateway& gateway) {
  bool is_put = false;
  guard(lane, [&] {
    if (lane.n == 0) return;
    const DeviceDrawer& drawer = *drawer_.device_drawer;
    const std::uint64_t n_bytes = drawer.packed_bytes(lane.n, lane.measured());
    const bool fits = has_room(lane, [&] {
      lane.ink.make_room(n_bytes);
      lane.pinned_ink.make_room(n_bytes);
    });
    if (!fits) return;
    lane.stream->submit([this, &lane](const DeviceQueue& queue) {
      drawer_.device_drawer->write(queue, lane.values_on_device(), lane.n, lane.work.data(), lane.measured(),
                                   lane.ink.data());
    });
    lane.stream->then([this, &lane](const std::optional<Error>& error) {
      if (error) return;
      if (lane.n == n_left(lane)) lane.drawing->done(lane.slot->series.size());
      lane.drawing.reset();
      lane.downloading.emplace(drawer_.download_clock, lane.slot->position.batch, lane.thread);
      state_.moved();
    });
    lane.stream->copy_out(lane.pinned_ink.data(), lane.ink.data(), n_bytes);
    hand_on(lane, gateway);
    is_put = true;
  });
  return is_put;
}

bool DeviceNodes::append(DeviceLane& lane) {
  guard(lane, [&] {
    const Slot& slot = *lane.slot;
    if (lane.n > 0) {
      drawer_.device_drawer->append(lane.pinned_ink.data(), lane.n, lane.measured(), lane.slot->ink[drawer_index_]);
      lane.begin += lane.n;
    }
    if (n_left(lane) > 0) return;
    state_.accept_ink(drawer_index_, *lane.slot);
    const std::size_t n_images = slot.series.size();
    // Of a batch without series there was nothing to draw, but each node has had it.
    if (lane.drawing) lane.drawing->done(n_images);
    if (!lane.downloading) lane.downloading.emplace(drawer_.download_clock, slot.position.batch, lane.thread);
    lane.downloading->done(n_images);
  });
  lane.drawing.reset();
  lane.downloading.reset();
  return state_.stopping() || n_left(lane) == 0;
}

}  // namespace plotmill
