// A profiler in small: NVTX loads it (NVTX_INJECTION64_PATH) into a program, and it appends what it is told to the file
// PLOTMILL_NVTX_LOG, an event a line:
//
//   thread NAME | begin ID DOMAIN PAYLOAD NAME | end ID
#include <nvtx3/nvToolsExt.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <string>

namespace {

std::FILE* log_file() {
  static std::FILE* const file = std::fopen(std::getenv("PLOTMILL_NVTX_LOG"), "a");
  return file;
}

// A handle is the text itself: programs make few, and end with them.
template <class Handle>
Handle keep(const char* text) {
  static std::mutex mutex;
  static auto* const texts = new std::deque<std::string>;
  const std::lock_guard lock(mutex);
  return reinterpret_cast<Handle>(texts->emplace_back(text).data());
}

nvtxDomainHandle_t create_domain(const char* name) { return keep<nvtxDomainHandle_t>(name); }

nvtxStringHandle_t register_string(nvtxDomainHandle_t, const char* text) { return keep<nvtxStringHandle_t>(text); }

nvtxRangeId_t start_range(nvtxDomainHandle_t domain, const nvtxEventAttributes_t* event) {
  static std::atomic<std::uint64_t> n_ranges = 0;
  const std::uint64_t id = ++n_ranges;
  std::fprintf(log_file(), "begin %ju %s %ju %s\n", std::uintmax_t{id}, reinterpret_cast<const char*>(domain),
               std::uintmax_t{event->payload.ullValue}, reinterpret_cast<const char*>(event->message.registered));
  return id;
}

void end_range(nvtxDomainHandle_t, nvtxRangeId_t id) { std::fprintf(log_file(), "end %ju\n", std::uintmax_t{id}); }

void name_thread(std::uint32_t, const char* name) { std::fprintf(log_file(), "thread %s\n", name); }

template <class Function>
void set(NvtxFunctionTable table, unsigned int size, unsigned int id, Function* function) {
  if (id < size) *table[id] = reinterpret_cast<NvtxFunctionPointer>(function);
}

}  // namespace

extern "C" int InitializeInjectionNvtx2(NvtxGetExportTableFunc_t get_table) {
  if (std::getenv("PLOTMILL_NVTX_LOG") == nullptr || log_file() == nullptr) return 0;
  const auto* callbacks = static_cast<const NvtxExportTableCallbacks*>(get_table(NVTX_ETID_CALLBACKS));
  if (callbacks == nullptr) return 0;
  NvtxFunctionTable table = nullptr;
  unsigned int size = 0;
  if (callbacks->GetModuleFunctionTable(NVTX_CB_MODULE_CORE, &table, &size) == 0) return 0;
  set(table, size, NVTX_CBID_CORE_NameOsThreadA, name_thread);
  if (callbacks->GetModuleFunctionTable(NVTX_CB_MODULE_CORE2, &table, &size) == 0) return 0;
  set(table, size, NVTX_CBID_CORE2_DomainCreateA, create_domain);
  set(table, size, NVTX_CBID_CORE2_DomainRegisterStringA, register_string);
  set(table, size, NVTX_CBID_CORE2_DomainRangeStartEx, start_range);
  set(table, size, NVTX_CBID_CORE2_DomainRangeEnd, end_range);
  return 1;
}
