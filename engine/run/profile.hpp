// What a profiler sees of a run: a range for each batch in each node, and the names of threads. For Nsight Systems, by
// NVTX, in the domain "plotmill"; nothing in a build without the CUDA Toolkit. Where no tool listens, a range costs two
// calls of functions that return at once.
#pragma once

#include <cstdint>
#include <string>

#ifdef PLOTMILL_NVTX
#include <nvtx3/nvToolsExt.h>
#include <unistd.h>
#endif

namespace plotmill {

#ifdef PLOTMILL_NVTX

/// The domain is made when it is first asked for, and lives as long as the process.
inline nvtxDomainHandle_t profile_domain() {
  static nvtxDomainRegistration_st* const domain = nvtxDomainCreateA("plotmill");
  return domain;
}

/// The name of a node's ranges. Cheap to copy.
class ProfileName {
 public:
  ProfileName() = default;
  explicit ProfileName(const std::string& name) : handle_(nvtxDomainRegisterStringA(profile_domain(), name.c_str())) {}
  [[nodiscard]] nvtxStringHandle_t handle() const noexcept { return handle_; }

 private:
  nvtxStringHandle_t handle_ = nullptr;
};

/// A range from construction to destruction, which may be on another thread; its payload is the number of the batch.
class ProfileRange {
 public:
  ProfileRange(const ProfileName& name, std::uint64_t batch) {
    nvtxEventAttributes_t attributes{};
    attributes.version = NVTX_VERSION;
    attributes.size = NVTX_EVENT_ATTRIB_STRUCT_SIZE;
    attributes.payloadType = NVTX_PAYLOAD_TYPE_UNSIGNED_INT64;
    attributes.payload.ullValue = batch;
    attributes.messageType = NVTX_MESSAGE_TYPE_REGISTERED;
    attributes.message.registered = name.handle();
    id_ = nvtxDomainRangeStartEx(profile_domain(), &attributes);
  }
  ProfileRange(const ProfileRange&) = delete;
  ProfileRange& operator=(const ProfileRange&) = delete;
  ~ProfileRange() { nvtxDomainRangeEnd(profile_domain(), id_); }

 private:
  nvtxRangeId_t id_;
};

/// Names the calling thread.
inline void name_thread(const std::string& name) {
  nvtxNameOsThreadA(static_cast<std::uint32_t>(::gettid()), name.c_str());
}

#else

class ProfileName {
 public:
  ProfileName() = default;
  explicit ProfileName(const std::string&) {}
};

class ProfileRange {
 public:
  ProfileRange(const ProfileName&, std::uint64_t) {}
};

inline void name_thread(const std::string&) {}

#endif

}  // namespace plotmill
